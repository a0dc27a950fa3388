"""What a long job has found so far, kept from record to record, so that it goes on after whatever stopped it."""

import base64
import json
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np

from chereme.errors import ManifestError
from chereme.layout import HANDS_42
from chereme.types import PoseSequence

__all__ = ["Journal", "Stamp", "stamp_of"]

Stamp = tuple[int, int]
"""Size in bytes and time of change in nanoseconds of a picture's file: another stamp, another picture."""


def stamp_of(path: Path) -> Stamp | None:
    """The stamp of a file; None where there is none."""
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_size, about.st_mtime_ns


class Journal:
    """A file to which a record per picture is added; of a last record that was cut short nothing is read.

    Records are added within a `with` block.

    Args:
        path: of the file; it is made where there is none.
        made_with: the settings that its records depend on.
        redo: begin it anew.

    Raises:
        ManifestError: it was begun with other settings, is no journal, or cannot be opened.
    """

    def __init__(self, path: Path, made_with: dict[str, Any], redo: bool = False) -> None:
        self.path = path
        self.found: dict[str, tuple[Stamp, PoseSequence]] = {}
        """Picture's id to what was found in it."""
        header = _line({"format": "chereme hands", **made_with})
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            whole = 0 if redo or not path.exists() else self._read(header)
            with path.open("r+b" if whole else "wb") as file:
                file.truncate(whole)
                if not whole:
                    file.write(header)
        except OSError as error:
            raise self._not_written(error) from error

    def _read(self, header: bytes) -> int:
        """Read the records; gives the length of what is whole, 0 where nothing is."""
        whole = 0
        with self.path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                if whole == 0 and line != header:
                    self._refuse(line, header)
                try:
                    if whole:
                        self._take(json.loads(line))
                except (ValueError, KeyError, TypeError, IndexError):
                    break  # the machine went down while it was written: this picture and those after come again
                whole += len(line)
        return whole

    def _refuse(self, line: bytes, header: bytes) -> None:
        try:
            then, now = json.loads(line), json.loads(header)
            assert then["format"] == now["format"]
        except (ValueError, KeyError, TypeError, AssertionError):
            raise ManifestError(f"{self.path}: is no journal of `extract --hands`; use another folder") from None
        changed = [f"{k} {then.get(k)!r}, not {now.get(k)!r}" for k in {**then, **now} if then.get(k) != now.get(k)]
        raise ManifestError(
            f"{self.path.parent}: was made with other settings ({'; '.join(changed)});"
            " use another folder, or --redo to make all anew"
        )

    def _take(self, record: dict[str, Any]) -> None:
        points = np.full((1, 42, 3), np.nan, np.float32)
        for group, content in record["hands"].items():
            points[0, HANDS_42.groups[group]] = np.frombuffer(base64.b64decode(content), "<f4").reshape(21, 3)
        width, height = record["size"]
        size, changed = record["stamp"]
        self.found[record["id"]] = (size, changed), PoseSequence(points, HANDS_42, 1.0, (width, height))

    def add(self, name: str, stamp: Stamp, sequence: PoseSequence) -> None:
        """Keep what was found in a picture.

        Args:
            name: the picture's id.
            stamp: of its file, taken before it was read.
            sequence: one frame of layout `hands_42`.

        Raises:
            ManifestError: it cannot be written (disk full).
        """
        hands = {
            group: base64.b64encode(sequence.points[0, at].astype("<f4").tobytes()).decode("ascii")
            for group, at in HANDS_42.groups.items()
            if sequence.seen[0, at].any()
        }
        try:
            self._file.write(_line({"id": name, "stamp": stamp, "size": sequence.size, "hands": hands}))
        except OSError as error:
            raise self._not_written(error) from error
        self.found[name] = stamp, sequence

    def __enter__(self) -> Self:
        try:
            self._file: BinaryIO = self.path.open("ab", buffering=0)
        except OSError as error:
            raise self._not_written(error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def _not_written(self, error: OSError) -> ManifestError:
        return ManifestError(
            f"{self.path}: cannot be written: {error.strerror or error}; what is finished stays, and the same command"
            " goes on"
        )


def _line(record: dict[str, Any]) -> bytes:
    return json.dumps(record).encode("ascii") + b"\n"
