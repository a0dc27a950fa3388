"""The command line: a verb per stage. `chereme --help` loads neither numpy nor torch.

A verb is a module here of the same name with a click command called `command`; it is imported only when the
verb is used, and imports the rest inside the function. Exit codes: 0 done, 1 some items failed, 2 usage.
"""

import importlib
import json
import sys
from typing import Any

import click

from chereme import __version__
from chereme.errors import CheremeError

__all__ = ["VERBS", "main", "print_json"]

VERBS = {
    "demo": "A tour: words decoded, drawn, filmed, recognized; needs no data",
    "extract": "Videos and pictures to landmarks (.pose)",
    "preprocess": "Clips trimmed to the sign and aligned, with pictures of how",
    "recognize": "A word for a video, picture folder, .pose or webcam",
    "spell": "Letters from pictures, words from fingerspelling on video or webcam",
    "lexicon": "Signs shown once and known: add, search, share",
    "collect": "Dictionary sites to tables and clips, politely and resumably",
    "curate": "Collected sources to one table of words; criteria, checks, reasons",
    "review": "Clips looked at on a local page: accept, reject, mark, trim; agreement",
    "gloss": "A sentence in Portuguese or English to the glosses to sign",
    "produce": "Glosses or a sentence to signing, from a lexicon or a trained producer",
    "dataset": "Import, pack, describe, split and audit a data set",
    "train": "Train a recognizer from a recipe and a packed data set",
    "tune": "Search a recipe's settings, killed and resumed as you like",
    "evaluate": "Score a bundle on held-out clips, with intervals and plots",
    "compare": "Runs beside each other, with intervals on the differences",
    "export": "Write a bundle's ONNX model and prove it equal to torch",
    "render": "Draw a .pose as video, GIF or picture",
    "serve": "The web page and API, on this machine",
    "bench": "Measure speed or accuracy against a named peer",
    "doctor": "What is installed, which bundles there are, what is missing",
}


class _Verbs(click.Group):
    """A group that imports a verb's module when the verb is called, not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command = importlib.import_module(f"chereme.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="chereme")
def _cli() -> None:
    """Sign-language video into words, words into signing, for any signed language.

    The first thing to try: chereme demo
    """


def main() -> None:
    """Run the command line; an expected failure is one line on stderr and exit code 1."""
    try:
        _cli(prog_name="chereme")
    except CheremeError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)
    except OSError as error:  # a full disk, a folder that may not be written: the user's to mend, not ours
        if error.filename is None or error.strerror is None:
            raise
        click.echo(f"error: {error.filename}: {error.strerror}", err=True)
        sys.exit(1)


def print_json(value: Any) -> None:
    """Print a verb's answer for machines."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
