"""Pages that are made from the code when the site is built: weights, command line, API, examples, validation."""

import contextlib
import io
import os
import re
import runpy
import tempfile
from pathlib import Path

import click
import jupytext
import matplotlib
import mkdocs_gen_files

import myosig
from myosig.cli import main
from myosig.localize.likelihoods import default_likelihoods
from myosig.patterns import PATTERNS

ROOT = Path(__file__).parents[1]
SHOWN_LINES = 60  # of what an example prints
WIDTH = 78  # letters in a line of a page


def write(name: str, text: str) -> None:
    with mkdocs_gen_files.open(name, "w") as page:
        page.write(text)


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def weights() -> None:
    lines = [
        "# The weights\n",
        "How often each criterion is met in each pattern, with its source: the table that the localizer reads, "
        "`likelihoods.csv`. How it is used: [How sources are weighed](weighing.md). Tags: V read in the source, V2 in "
        "a secondary source, C published code, D derived, M recalled and unverified, P convention of myosig.\n",
        f"| criterion | family | {' | '.join(PATTERNS)} | source | tag | basis |",
        "|" + "---|" * (len(PATTERNS) + 5),
    ]
    for row in default_likelihoods().values():
        numbers = " | ".join(f"{row.values[p]:g}" for p in PATTERNS)
        lines.append(
            f"| {cell(row.criterion)} | {row.family} | {numbers} | {cell(row.source)} | {row.tag} | {cell(row.basis)} |"
        )
    write("weights.md", "\n".join(lines) + "\n")


def command_line() -> None:
    parts = ["# Command line\n", "What `myosig --help` and the help of each command say.\n"]
    context = click.Context(main, info_name="myosig", max_content_width=WIDTH, terminal_width=WIDTH)
    parts.append(f"```text\n{main.get_help(context)}\n```\n")
    for name, command in main.commands.items():
        inner = click.Context(command, info_name=name, parent=context, max_content_width=WIDTH, terminal_width=WIDTH)
        parts.append(f"## myosig {name}\n\n```text\n{command.get_help(inner)}\n```\n")
    write("cli.md", "\n".join(parts))


def api() -> None:
    parts = ["# API\n", "Everything public is `myosig.NAME`: `import myosig as ms`.\n"]
    for module, names in myosig._HOME.items():
        parts.append(f"## {module}\n")
        parts += [f"::: myosig.{module}.{name}\n" for name in names]
    write("api.md", "\n".join(parts))


def example(path: Path) -> None:
    """A page with the code, what it prints and its figures; the notebook beside it."""
    notebook = jupytext.read(path)
    write(f"examples/{path.stem}.ipynb", jupytext.writes(notebook, fmt="ipynb"))
    printed = run(path)
    parts = [
        f"```python\n{c.source}\n```" if c.cell_type == "code" else c.source for c in notebook.cells if c.source.strip()
    ]
    text = "\n\n".join(parts)
    lines = printed.splitlines()
    shown = "\n".join(lines[:SHOWN_LINES] + ["..."] * (len(lines) > SHOWN_LINES))
    pictures = "\n\n".join(f"![{name}]({path.stem}-{name}.png)" for name in re.findall(r'"(\w+)\.png"', text))
    links = f"[Notebook]({path.stem}.ipynb){{ download }}"
    write(
        f"examples/{path.stem}.md", f"{text}\n\n## What it prints\n\n```text\n{shown}\n```\n\n{pictures}\n\n{links}\n"
    )


def run(path: Path) -> str:
    """Run an example in a folder of its own, keep its figures, return what it printed."""
    printed, here = io.StringIO(), Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            with contextlib.redirect_stdout(printed):
                runpy.run_path(str(path), run_name="__main__")
        finally:
            os.chdir(here)
        for picture in Path(folder).glob("*.png"):
            with mkdocs_gen_files.open(f"examples/{path.stem}-{picture.stem}.png", "wb") as copy:
                copy.write(picture.read_bytes())
    return printed.getvalue()


def validation() -> None:
    """The measured numbers stand in the README, each with the command that gives it; one source, two places."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = re.search(r"## How good is it\n(.*?)\n## ", readme, re.DOTALL)
    if section is None:
        raise SystemExit("README.md has no section 'How good is it'")
    text = re.sub(r"\[docs/(\w+)\.md\]", r"[\1]", section.group(1))
    text = re.sub(r"\]\(docs/", "](", text)
    intro = "The scripts are in `benchmarks/`; every figure stands with the command that gives it.\n"
    write("validation.md", f"# Validation\n\n{intro}{text}\n")


matplotlib.use("Agg")
weights()
command_line()
api()
validation()
for script in sorted((ROOT / "examples").glob("*.py")):
    example(script)
