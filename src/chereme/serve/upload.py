"""An upload in: counted while it arrives, kept under a random name only as long as it is worked on."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from chereme.landmarks.picture import PICTURES
from chereme.landmarks.video import VIDEOS
from chereme.serve.refusals import RefusedError
from chereme.serve.settings import ServeSettings

__all__ = [
    "Body", "PictureUpload", "Upload", "is_json", "limit_of", "receive", "receive_clips", "receive_file",
    "receive_json", "receive_picture",
]  # fmt: skip

T = TypeVar("T")

_TYPES = {
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "video/quicktime": ".mov",
    "video/x-matroska": ".mkv",
    "video/x-msvideo": ".avi",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
}
"""For a name without a suffix that tells: the type that the client gave."""
_BESIDES = 64_000  # bytes of a form that are not the file: boundaries, headers, the other fields
_TRUE, _FALSE = {"true", "1", "on", "yes"}, {"false", "0", "off", "no", ""}


@dataclass(frozen=True)
class Upload:
    """A clip on disk, and what to do with it."""

    path: Path
    """Temporary; the suffix is the clip's, the rest is random."""
    name: str
    """The client's name for it: to be shown, never to be opened."""
    mirrored: bool
    landmarks: bool
    top: int
    lexicon: bool = False
    """Name the signs of the lexicon as well."""
    overlay: bool = False
    """Answer with the film and what was found drawn over it."""

    def remove(self) -> None:
        """Delete it; a second call does nothing."""
        self.path.unlink(missing_ok=True)


@dataclass(frozen=True)
class PictureUpload:
    """A picture in memory, and what to do with it."""

    content: bytes
    name: str
    """The client's name for it: to be shown; what kind of picture it is, the content says."""
    mirrored: bool | None
    """None: not said, so it is as the speller's recipe says."""
    top: int


class _Form(MultiPartParser):
    """Reads a form; a file of more than a megabyte goes into a file without a name, in a folder of ours.

    Args:
        body: the request's.
        folder: else it would be the system's, which may be another disk, or one that cannot be written.
        files: the most that there may be.
    """

    def __init__(self, body: "Body", folder: Path, files: int) -> None:
        super().__init__(body.request.headers, aiter(body), max_files=files, max_fields=12)
        self._folder = folder

    def on_headers_finished(self) -> None:
        super().on_headers_finished()
        if (part := self._current_part.file) is not None:
            part.file.close()  # in the system's folder, and not yet written to
            ours: Any = tempfile.SpooledTemporaryFile(self.spool_max_size, dir=str(self._folder))  # noqa: SIM115 - as there
            part.file = self._files_to_close_on_error[-1] = ours


class Body:
    """A request's body: counted while it is read, and read to its end before a refusal is sent.

    A client that is still sending when the connection closes would see a broken connection, not the reason.
    """

    def __init__(self, request: Request, limit: int) -> None:
        self.request, self.limit = request, limit
        self.taken = 0
        self.ended = False

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        promised = self.request.headers.get("content-length", "0")
        if promised.isdecimal() and int(promised) > self.limit:
            raise _too_large(self.limit)
        while not self.ended:
            chunk = await self._next()
            if self.taken > self.limit:
                raise _too_large(self.limit)
            yield chunk

    async def drain(self, seconds: float = 10) -> None:
        """Read what still comes and throw it away, for so long at most."""
        with suppress(TimeoutError, RefusedError):
            async with asyncio.timeout(seconds):
                while not self.ended:
                    await self._next()

    async def _next(self) -> bytes:
        message = await self.request.receive()
        self.ended = message["type"] == "http.disconnect" or not message.get("more_body", False)
        if message["type"] == "http.disconnect":
            raise RefusedError("form", "the client went away")
        chunk: bytes = message.get("body", b"")
        self.taken += len(chunk)
        return chunk


async def receive(body: Body, settings: ServeSettings, folder: Path) -> Upload:
    """Take the form of a recognition into a private folder; nothing stays there when it fails.

    Raises:
        RefusedError: too large, too slow, no clip in it, or of an unknown type.
    """
    return await _receive(body, settings, partial(_keep, settings=settings, folder=folder), folder)


async def receive_picture(body: Body, settings: ServeSettings, folder: Path) -> PictureUpload:
    """Take the form of a picture, which is never given a name on disk.

    Args:
        body: the request's.
        settings: how much is taken.
        folder: where what is over a megabyte lies, without a name, while it arrives.

    Raises:
        RefusedError: too large, too slow, or no file in it.
    """
    kind = body.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise RefusedError("no_file", "no multipart form came")
    return await _receive(body, settings, partial(_picture, settings=settings), folder)


async def receive_clips(
    body: Body, settings: ServeSettings, folder: Path, most: int
) -> tuple[list[Upload], dict[str, str]]:
    """Take a form with several clips into a private folder; gives the other fields, too.

    Raises:
        RefusedError: as `receive`.
    """
    return await _receive(body, settings, partial(_keep_all, settings=settings, folder=folder), folder, most)


async def receive_file(body: Body, settings: ServeSettings, folder: Path, suffix: str) -> Upload:
    """Take a form whose file may be of any type; what it is, who reads it finds out.

    Raises:
        RefusedError: too large, too slow, or no file in it.
    """
    return await _receive(body, settings, partial(_keep, settings=settings, folder=folder, suffix=suffix), folder)


async def receive_json(body: Body, settings: ServeSettings) -> bytes:
    """Take a body that is not a form.

    Raises:
        RefusedError: too large, too slow, or empty.
    """
    try:
        async with asyncio.timeout(settings.upload_seconds):
            found = b"".join([chunk async for chunk in body])
    except TimeoutError:
        raise _slow(settings) from None
    if not found.strip():
        raise RefusedError("json", "the body is empty")
    return found


def is_json(request: Request) -> bool:
    """Whether the body says that it is JSON."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


async def _receive(
    body: Body, settings: ServeSettings, take: Callable[[FormData], T], folder: Path, files: int = 1
) -> T:
    try:
        async with asyncio.timeout(settings.upload_seconds):
            form = await _Form(body, folder, files).parse()
    except TimeoutError:
        raise _slow(settings) from None
    except (MultiPartException, FormParserError, KeyError) as error:
        raise RefusedError("form", f"no form that can be read ({error})") from error
    try:
        return await asyncio.to_thread(take, form)
    finally:
        await form.close()


def limit_of(settings: ServeSettings) -> int:
    """Bytes that a whole request may have."""
    return settings.max_bytes + _BESIDES


def _slow(settings: ServeSettings) -> RefusedError:
    return RefusedError("slow_upload", f"the upload took more than {settings.upload_seconds:g} s")


def _too_large(limit: int) -> RefusedError:
    return RefusedError("too_large", f"the upload is larger than the {(limit - _BESIDES) / 1e6:g} MB that are taken")


def _keep(form: FormData, settings: ServeSettings, folder: Path, suffix: str = "") -> Upload:
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise RefusedError("form", "no clip in the form")
    how = _answer(form)
    name = _checked_name(file, "clip", settings)
    suffix = suffix or _suffix(name, file.content_type or "")
    options = _flag(form, "mirrored"), how == "landmarks" or _flag(form, "landmarks"), _top(form)
    return Upload(_write(file.file, suffix, folder), name, *options, _flag(form, "lexicon"), how == "overlay")


def _keep_all(form: FormData, settings: ServeSettings, folder: Path) -> tuple[list[Upload], dict[str, str]]:
    files = [file for file in form.getlist("file") if isinstance(file, UploadFile)]
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    if not files:
        raise RefusedError("form", "no clip in the form")
    kept: list[Upload] = []
    try:
        for file in files:
            kept.append(_keep(FormData([("file", file), *fields.items()]), settings, folder))  # noqa: PERF401 - as far
    except BaseException:
        for upload in kept:
            upload.remove()
        raise
    return kept, fields


def _picture(form: FormData, settings: ServeSettings) -> PictureUpload:
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise RefusedError("no_file", "no picture in the form")
    name = _checked_name(file, "picture", settings)
    said = str(form.get("mirrored", "")).strip()
    return PictureUpload(file.file.read(), name, _flag(form, "mirrored") if said else None, _top(form))


def _checked_name(file: UploadFile, otherwise: str, settings: ServeSettings) -> str:
    """What to call a file that is neither empty nor too large."""
    name = _shown(file.filename or otherwise, otherwise)
    if not file.size:
        raise RefusedError("empty", f"{name}: the file is empty")
    if file.size > settings.max_bytes:
        raise _too_large(limit_of(settings))
    return name


def _write(file: BinaryIO, suffix: str, folder: Path) -> Path:
    """A copy that only this user may read."""
    handle, path = tempfile.mkstemp(suffix=suffix, dir=folder)
    try:
        with os.fdopen(handle, "wb") as out:
            shutil.copyfileobj(file, out)
    except BaseException:
        Path(path).unlink(missing_ok=True)
        raise
    return Path(path)


def _shown(name: str, otherwise: str) -> str:
    """The last part of a client's file name, printable and of bearable length."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in last if c.isprintable())[-120:] or otherwise


def _suffix(name: str, content_type: str) -> str:
    """What kind of clip it is, by its name, else by its type.

    Raises:
        RefusedError: neither tells.
    """
    suffix = Path(name).suffix.lower()
    if suffix in VIDEOS | PICTURES | {".pose"}:
        return suffix
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in _TYPES:
        raise RefusedError("unknown_type", f"{name}: neither video, picture nor .pose by its name and type")
    return _TYPES[kind]


def _answer(form: FormData) -> str:
    value = str(form.get("answer", "")).strip().lower()
    if value not in ("", "words", "landmarks", "overlay"):
        raise RefusedError("form", f"the field `answer` must be words, landmarks or overlay, got {value[:40]!r}")
    return value


def _flag(form: FormData, field: str) -> bool:
    value = str(form.get(field, "")).strip().lower()
    if value not in _TRUE | _FALSE:
        raise RefusedError("form", f"the field `{field}` must be true or false, got {value[:40]!r}")
    return value in _TRUE


def _top(form: FormData) -> int:
    value = str(form.get("top", "5")).strip()
    if not value.isdecimal() or not 1 <= int(value[:6]) <= 1000:
        raise RefusedError("form", f"the field `top` must be a number from 1 to 1000, got {value[:40]!r}")
    return int(value)
