"""What the verbs that answer file by file share."""

import sys
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from chereme.cli import print_json
from chereme.errors import CheremeError

__all__ = ["answer_each", "files_in"]


def answer_each(
    shown: Iterable[Path | str],
    answer: Callable[[Path | str], dict[str, Any]],
    line: Callable[[dict[str, Any]], str],
    as_json: bool,
) -> None:
    """One answer for each file, or for a webcam (a string), as it comes; exits 1 when one could not be used.

    Such a file is named with the reason, and the others go on.

    Args:
        shown: what to look at.
        answer: what to say of one.
        line: an answer for people.
        as_json: print all answers as one list at the end instead.
    """
    answers: list[dict[str, Any]] = []
    for one in shown:
        name = f"webcam {one}" if isinstance(one, str) else str(one)
        try:
            found = {"file": name, **answer(one)}
        except (CheremeError, OSError) as error:
            found = {"file": name, "error": str(error)}
        answers.append(found)
        if not as_json:
            click.echo(_failure(found) if "error" in found else line(found), err="error" in found)
    if as_json:
        print_json(answers)
    if any("error" in found for found in answers):
        sys.exit(1)


def files_in(paths: Iterable[Path], suffixes: Callable[[], AbstractSet[str]]) -> Iterator[Path]:
    """Each file as it is, and of each folder the files with these suffixes, at any depth; one without any as it is.

    Args:
        paths: files and folders.
        suffixes: asked for when there is a folder: the modules that know them are loaded then.
    """
    for path in paths:
        inside = []
        with suppress(OSError):  # it is said where the file itself is opened, and the others go on
            if path.is_dir():
                wanted = suffixes()
                inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in wanted)
        yield from inside or [path]


def _failure(answer: dict[str, Any]) -> str:
    text = str(answer["error"])
    return f"error: {text}" if answer["file"] in text else f"error: {answer['file']}: {text}"
