"""Clips that come over the network: is it one, where does it go, and its checksum."""

import hashlib
import re
import unicodedata
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from chereme.collect.page import Entry
from chereme.files import write_beside

__all__ = ["clip_path", "keep_clip", "why_no_clip"]

_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
_STARTS = (b"\x1a\x45\xdf\xa3", b"RIFF", b"GIF8", b"FLV", b"\x00\x00\x01\xba", b"\x30\x26\xb2\x75", b"OggS")
_SUFFIXES = frozenset(".mp4 .m4v .mov .webm .mkv .avi .gif .flv .mpg .mpeg .wmv .ogv".split())


def why_no_clip(content_type: str, body: bytes | None) -> str:
    """Why an answer is no video; empty where it is one.

    A site may answer with status 200 and a page of regrets, so the status says nothing.

    Args:
        content_type: as the server names it.
        body: None when only the head was asked for.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith(("text/", "image/")) and kind != "image/gif":
        return f"answers {kind}, no video"
    if body is None:
        return "" if kind.startswith(("video/", "application/", "binary/")) or kind == "image/gif" else "names no type"
    if not body:
        return "is empty"
    if body[4:8] in _BOXES or body.startswith(_STARTS):
        return ""
    return f"is no video, though it is called {kind or 'nothing'}"


def clip_path(source: str, entry: Entry, url: str) -> str:
    """Where a clip goes, relative to the collection: readable, and never the same for two addresses."""
    letters = unicodedata.normalize("NFKD", entry.word.casefold())
    word = re.sub(r"[^a-z0-9]+", "-", "".join(c for c in letters if not unicodedata.combining(c))).strip("-")
    suffix = PurePosixPath(unquote(urlsplit(url).path)).suffix.lower()
    digest = hashlib.sha256(url.encode()).hexdigest()[:10]
    return f"videos/{source}/{word[:60] or 'clip'}-{digest}{suffix if suffix in _SUFFIXES else '.mp4'}"


def keep_clip(path: Path, body: bytes) -> str:
    """Write a clip whole or not at all; gives its SHA-256."""
    with write_beside(path) as part:
        part.write_bytes(body)
    return hashlib.sha256(body).hexdigest()
