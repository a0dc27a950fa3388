"""Write a file or folder whole or not at all: beside its place first, then renamed into it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["write_beside", "write_folder_beside"]


@contextmanager
def write_beside(path: str | Path) -> Iterator[Path]:
    """Give a temporary path in the same folder; it takes `path`'s place when the block ends well.

    When the block raises (disk full, Ctrl-C), the temporary file goes and what stood at `path` stays. The
    temporary name keeps the suffix, for writers that choose a format by it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        part.chmod(0o666 & ~_umask())
        part.replace(path)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


@contextmanager
def write_folder_beside(path: str | Path) -> Iterator[Path]:
    """The same for a folder: a temporary one that replaces `path` whole when the block ends well."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        yield part
        part.chmod(0o777 & ~_umask())
        old = None
        if path.exists():
            old = part.with_name(part.name + "-old")
            path.rename(old)
        try:
            part.rename(path)
        except BaseException:
            if old is not None:
                old.rename(path)
            raise
        if old is not None:
            shutil.rmtree(old)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
