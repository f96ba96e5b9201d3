"""``python -m myosig``: the command line where its script is not on the path."""

from myosig.cli import main

main(prog_name="myosig")
