"""The `myosig` command: one module for each of its tasks."""

import click

import myosig as ms
from myosig.cli.analyze import analyze, demo
from myosig.cli.annotate import annotate
from myosig.cli.anonymize import anonymize
from myosig.cli.batch import batch
from myosig.cli.convert import convert
from myosig.cli.info import info
from myosig.cli.report import report
from myosig.cli.simulate import simulate


class Taught(click.Group):
    """A group whose commands are listed in the order in which they are learnt."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, in the order in which they were added."""
        return list(self.commands)


@click.group(cls=Taught, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(ms.__version__)
def main() -> None:
    """Where does a muscle jerk come from?

    myosig reads a recording of surface EMG (and EEG), marks every burst, groups them into jerks, and weighs the
    published criteria for where the jerks are born. Research software, not a medical device.

    \b
    Start with:     myosig demo
    Then:           myosig info patient.edf
                    myosig analyze patient.edf --out results
    Correct marks:  myosig annotate patient.edf --out marked.edf
                    (move, remove or add bursts in an EDF+ editor)
                    myosig analyze patient.edf --bursts marked.edf --out corrected

    Every command explains itself: myosig COMMAND --help. Exit status: 0 done, 1 a file failed, 2 wrong usage.

    \b
    Completion of commands, options and file names, for this shell:
      bash  eval "$(_MYOSIG_COMPLETE=bash_source myosig)"
      zsh   eval "$(_MYOSIG_COMPLETE=zsh_source myosig)"
      fish  _MYOSIG_COMPLETE=fish_source myosig | source
    """


for command in (demo, info, analyze, batch, annotate, report, convert, anonymize, simulate):
    main.add_command(command)
