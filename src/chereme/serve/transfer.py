"""A lexicon as a zip, to hand on and to take in: one packed file, or the folder that other programs read."""

import lzma
import tempfile
import zipfile
import zlib
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Any

from chereme.errors import CheremeError
from chereme.lexicon import ImportReport, Lexicon, import_folder, import_packed, pack
from chereme.lexicon.exchange import INDEX
from chereme.serve.refusals import RefusedError
from chereme.serve.upload import Upload
from chereme.serve.workers import Work

__all__ = ["PACKED", "export_zip", "import_zip"]

PACKED = "signs.lexicon"
"""The one file in a zip that we write."""
_GROWS = 8
"""Times its limit that an upload may be when it is unpacked."""
_MOST_FILES = 20_000
"""In a zip: each takes room, also one that holds nothing."""
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, OSError, RuntimeError,
    UnicodeDecodeError,
)  # fmt: skip
"""What `zipfile` raises of files that are none, damaged, locked, or packed or named in ways that it does not know."""


def export_zip(lexicon: Lexicon, scratch: Path) -> bytes:
    """All signs with their landmarks and embeddings.

    Args:
        lexicon: what to pack.
        scratch: folder for what is gone afterwards.

    Raises:
        RefusedError: it holds nothing.
    """
    if not lexicon.entries():
        raise RefusedError("no_entry", "the lexicon is empty", "add a sign first")
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        packed, path = Path(folder) / PACKED, Path(folder) / "signs.zip"
        pack(lexicon, packed)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            file.write(packed, PACKED)
        return path.read_bytes()


def import_zip(lexicon: Lexicon, upload: Upload, limit: int, work: Work) -> dict[str, Any]:
    """Add what a zip of ours holds, or one of `.pose` files and an `index.csv`.

    Only files that we know are unpacked, under names of our own or inside a private folder.

    Args:
        lexicon: to add to.
        upload: the zip; its file is left in place.
        limit: bytes of an upload.
        work: set when nobody waits any more; what was added until then stays.

    Raises:
        RefusedError: no such zip, or one that grows too large or holds too many files.
        AbandonedError: `work` was set.
    """
    into = upload.path.parent
    try:
        with zipfile.ZipFile(upload.path) as file, tempfile.TemporaryDirectory(dir=into) as folder:
            into = Path(folder)
            names = set(file.namelist())
            if len(names) > _MOST_FILES:
                raise RefusedError("too_large", f"{upload.name}: more than {_MOST_FILES} files in it")
            if PACKED in names:
                wanted = [PACKED]
            elif INDEX in names:
                wanted = [INDEX, *(name for name in names if _is_pose(name))]
            else:
                raise RefusedError("damaged", f"{upload.name}: neither {PACKED} nor {INDEX} in it", _ADVICE)
            _unpack(file, wanted, into, limit * _GROWS, upload.name, work)
            report = _taken(lexicon, into, PACKED in names, work)
    except _UNREADABLE as error:
        raise RefusedError("damaged", f"{upload.name}: no zip that can be read", _ADVICE) from error
    except CheremeError as error:
        what = str(error).partition("; ")[0].replace(f"{into}/", "")
        raise RefusedError("damaged", f"{upload.name}: {what}", _ADVICE) from error
    bad = [{"row": bad.row, "path": bad.path, "error": bad.why} for bad in report.failed]
    return {"added": report.added, "skipped": report.skipped, "failed": bad}


_ADVICE = "send a zip that GET /api/v1/lexicon/export made"


def _taken(lexicon: Lexicon, folder: Path, packed: bool, work: Work) -> ImportReport:
    def watch(items: list[Any]) -> Any:
        for number, item in enumerate(items):
            work.check(number / len(items))
            yield item

    return import_packed(lexicon, folder / PACKED, watch) if packed else import_folder(lexicon, folder, watch=watch)


def _is_pose(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix == ".pose" and not path.is_absolute() and ".." not in path.parts and "\\" not in name


def _unpack(file: zipfile.ZipFile, names: list[str], folder: Path, limit: int, shown: str, work: Work) -> None:
    """Write members to a folder, counted as they come: what a zip says of its sizes may be a lie."""
    left = limit
    for name in names:
        work.check()
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(file.open(name)) as member, path.open("wb") as out:
            while chunk := member.read(1 << 20):
                left -= len(chunk)
                if left < 0:
                    raise RefusedError("too_large", f"{shown}: unpacks to more than {limit / 1e6:g} MB")
                out.write(chunk)
