"""`/lexicon`: signs by name and by example, added, removed, looked up by signing, drawn, exported and imported."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as InPath
from fastapi.responses import JSONResponse

from chereme.errors import CheremeError, KnownEntryError, LexiconError
from chereme.gloss.names import without_accents
from chereme.lexicon import About, Entry, Lexicon, Sign
from chereme.poses import pose_to_bytes
from chereme.render import render_to
from chereme.serve.answers import errors
from chereme.serve.answers_signs import (
    SIGN_SAYS,
    Added,
    DictionaryPage,
    Imported,
    Removed,
    SearchResult,
)
from chereme.serve.landmarks import LANDMARKS_SCHEMA, SentLandmarks, check_hand, sequence_of
from chereme.serve.lexicons import OWN, Lexicons, Listed
from chereme.serve.productions import Productions
from chereme.serve.recognitions import body_of, decode, shown_once
from chereme.serve.refusals import RefusedError, refusal_of
from chereme.serve.settings import ServeSettings
from chereme.serve.transfer import export_zip, import_zip
from chereme.serve.upload import Upload, is_json, receive, receive_clips, receive_file, receive_json
from chereme.serve.work import look
from chereme.serve.workers import Work, Workers
from chereme.serve.writes import check_writer
from chereme.types import PoseSequence

__all__ = ["Dictionary", "routes"]

_MOST_CLIPS = 5
"""Examples of a sign in one request."""
_SENT = "landmarks"


class SentSign(msgspec.Struct, forbid_unknown_fields=True):
    """A sign to add, with one to five examples."""

    gloss: str
    landmarks: SentLandmarks | list[SentLandmarks]
    language: str = ""
    variant: str = ""
    sense: str = ""
    source: str = ""
    licence: str = ""
    signer: str = ""


class SentSearch(msgspec.Struct, forbid_unknown_fields=True):
    """A clip to look up."""

    landmarks: SentLandmarks
    top: int = 10
    language: str = ""


class Dictionary:
    """What requests about lexicons share.

    Args:
        lexicons: the service's own, and those that ship.
        productions: who signs entries that kept no landmarks.
        settings: how much is taken, and the token.
        workers: threads that do the work.
        folder: for uploads.
    """

    def __init__(
        self, lexicons: Lexicons, productions: Productions, settings: ServeSettings, workers: Workers, folder: Path
    ) -> None:
        self.lexicons, self.productions = lexicons, productions
        self.settings, self.workers, self.folder = settings, workers, folder

    def page(self, q: str, language: str, limit: int, offset: int) -> dict[str, Any]:
        """Signs by name: those that begin with the letters first, then those that hold them."""
        asked = without_accents(" ".join(q.split()))
        found = [one for one in self.lexicons.listed(language.lower() or None) if asked in _key(one)]
        found.sort(key=lambda one: (not _key(one).startswith(asked), _key(one), one.sign, one.lexicon))
        return {"total": len(found), "entries": [self._told(one) for one in found[offset : offset + limit]]}

    async def add(self, request: Request) -> dict[str, Any]:
        """Add one to five examples of a sign: all of them, or none."""
        async with body_of(request, self.settings) as body:
            check_writer(request, self.settings)
            with self.workers.place():
                if is_json(request):
                    content = await receive_json(body, self.settings)
                    return await self.workers.do(lambda work: self._add_sent(content, work), request, "sign")
                uploads, fields = await receive_clips(body, self.settings, self.folder, _MOST_CLIPS)
                return await shown_once(
                    uploads, lambda work: self._add_clips(uploads, fields, work), self.workers, request
                )

    async def search(self, request: Request) -> dict[str, Any]:
        """Which signs a clip is like."""
        begun = perf_counter()
        async with body_of(request, self.settings) as body:
            with self.workers.place():
                if is_json(request):
                    content = await receive_json(body, self.settings)
                    found = await self.workers.do(lambda _: self._search_sent(content), request, "landmarks")
                else:
                    upload = await receive(body, self.settings, self.folder)
                    found = await shown_once(
                        [upload], lambda work: self._search_clip(upload, work), self.workers, request
                    )
        return {**found, "seconds": round(perf_counter() - begun, 4)}

    def remove(self, id: str, whole: bool) -> dict[str, int]:
        """Remove one example, or the sign with all of them."""
        lexicon, entry = self._own_entry(id)
        with _refusing(id):
            removed = lexicon.remove(entry.sign) if whole else lexicon.remove(id=entry.id)
            return {"removed": removed, "left": len(lexicon.signs(entry.sign.gloss).get(entry.sign, ()))}

    def pose(self, id: str) -> bytes:
        """An example as `.pose`; of one that kept no landmarks, the gloss as a trained producer signs it."""
        _, lexicon, entry = self.lexicons.entry(id)
        if entry.has_pose:
            return lexicon.pose_bytes(entry.id)
        return pose_to_bytes(self._produced(entry))

    def picture(self, id: str, size: int, work: Work) -> bytes:
        """Six moments of it side by side, as PNG."""
        _, lexicon, entry = self.lexicons.entry(id)
        sequence = lexicon.pose(entry.id) if entry.has_pose else self._produced(entry)
        work.check()
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            path = Path(folder) / "picture.png"
            try:
                render_to(sequence, path, size=size)
            except CheremeError:  # no body to draw: a hand alone
                render_to(sequence, path, "skeleton", size)
            return path.read_bytes()

    def export(self, work: Work) -> bytes:
        """The own lexicon as a zip."""
        work.check()
        if (own := self.lexicons.own()) is None:
            raise RefusedError("no_entry", "the lexicon is empty", "add a sign first")
        return export_zip(own, self.folder)

    async def take(self, request: Request) -> dict[str, Any]:
        """Add what an exported zip holds."""
        async with body_of(request, self.settings) as body:
            check_writer(request, self.settings)
            with self.workers.place():
                upload = await receive_file(body, self.settings, self.folder, ".zip")

                def work(work: Work) -> dict[str, Any]:
                    own = self.lexicons.own(create=True)
                    assert own is not None, "it was made"
                    return import_zip(own, upload, self.settings.max_bytes, work)

                return await shown_once([upload], work, self.workers, request)

    # -- in a worker thread ----------------------------------------------------------------------------------------

    def _add_sent(self, content: bytes, work: Work) -> dict[str, Any]:
        asked = decode(content, SentSign)
        clips = asked.landmarks if isinstance(asked.landmarks, list) else [asked.landmarks]
        if not 1 <= len(clips) <= _MOST_CLIPS:
            raise RefusedError("json", f"{len(clips)} clips: send 1 to {_MOST_CLIPS} at a time")
        sequences = [sequence_of(clip, _SENT, self.settings) for clip in clips]
        fields = {name: getattr(asked, name) for name in asked.__struct_fields__ if name != "landmarks"}
        return self._add(sequences, fields, [_SENT] * len(clips), work)

    def _add_clips(self, uploads: Sequence[Upload], fields: dict[str, str], work: Work) -> dict[str, Any]:
        sequences = [look(upload, self.settings, work)[0] for upload in uploads]
        return self._add(sequences, fields, [upload.name for upload in uploads], work)

    def _add(
        self, sequences: Sequence[PoseSequence], fields: dict[str, str], names: Sequence[str], work: Work
    ) -> dict[str, Any]:
        try:
            sign = Sign(*(fields.get(part, "") for part in ("gloss", "language", "variant", "sense")))
            about = About(fields.get("source", ""), fields.get("licence", ""), fields.get("signer", ""))
        except LexiconError as error:
            raise RefusedError("json", str(error).partition("; ")[0]) from error
        for sequence, name in zip(sequences, names, strict=True):
            check_hand(sequence, name)
        work.check()
        lexicon = self.lexicons.own(create=True)
        assert lexicon is not None, "it was made"
        added: list[Entry] = []
        try:
            for sequence, name in zip(sequences, names, strict=True):
                with _refusing(name):
                    added.append(lexicon.add(sign, sequence, about))
        except RefusedError:
            for entry in added:
                lexicon.remove(id=entry.id)
            raise
        listed = Listed(OWN, sign, tuple(lexicon.signs(sign.gloss)[sign]), "")
        return {"entries": [self._told(listed)], "added": [f"{OWN}.{entry.id}" for entry in added]}

    def _search_sent(self, content: bytes) -> dict[str, Any]:
        asked = decode(content, SentSearch)
        if not 1 <= asked.top <= 1000:
            raise RefusedError("json", f"`top` must be a number from 1 to 1000, got {asked.top}")
        sequence = sequence_of(asked.landmarks, _SENT, self.settings)
        return self._found(sequence, asked.top, asked.language, _SENT)

    def _search_clip(self, upload: Upload, work: Work) -> dict[str, Any]:
        sequence, _ = look(upload, self.settings, work)
        return self._found(sequence, upload.top, "", upload.name)

    def _found(self, sequence: PoseSequence, top: int, language: str, name: str) -> dict[str, Any]:
        check_hand(sequence, name)
        with _refusing(name):
            hits, unlike = self.lexicons.search(sequence, top, language.lower() or None)
        entries = [
            {
                "id": one.id,
                **_named(one.hit.sign),
                "score": round(one.hit.similarity, 4),
                "lexicon": one.lexicon,
            }
            for one in hits
        ]
        return {"entries": entries, "unknown": unlike}

    def _own_entry(self, id: str) -> tuple[Lexicon, Entry]:
        name, lexicon, entry = self.lexicons.entry(id)
        if name != OWN:
            raise RefusedError("shipped", f"{entry.sign} is of {name}, which ships with chereme and is not changed")
        return lexicon, entry

    def _produced(self, entry: Entry) -> PoseSequence:
        sign = entry.sign
        found = self.productions.trained_as(sign.gloss, sign.language)
        if found is None:
            raise RefusedError("no_pose", f"{sign}: was kept without its landmarks, and nobody here signs it")
        producer, name = found
        return producer.produce(name)

    def _told(self, one: Listed) -> dict[str, Any]:
        trained = self.productions.trained_as(one.sign.gloss, one.sign.language) is not None
        how = "lexicon" if one.shown.has_pose else "producer" if trained else None
        about = one.shown.about
        return {
            "id": one.id,
            **_named(one.sign),
            "source": about.source,
            "licence": about.licence,
            "use": one.use,
            "examples": len(one.entries),
            "has_pose": how is not None,
            "how": how,
            "lexicon": one.lexicon,
            "writable": one.lexicon == OWN,
        }


@contextmanager
def _refusing(name: str) -> Iterator[None]:
    """Turns what a lexicon complains of into what a caller can do about it."""
    try:
        yield
    except KnownEntryError as error:
        raise RefusedError("known", str(error).partition("; ")[0]) from error
    except LexiconError as error:
        raise RefusedError("no_lexicon", str(error).partition("; ")[0]) from error
    except CheremeError as error:
        raise refusal_of(error, name, name) from error


def _named(sign: Sign) -> dict[str, str]:
    return {"gloss": sign.gloss, "language": sign.language, "variant": sign.variant, "sense": sign.sense}


def _key(one: Listed) -> str:
    return without_accents(one.sign.gloss)


_Id = Annotated[str, InPath(max_length=100, description="As the list gives it: `own.12`.")]


def routes(dictionary: Dictionary) -> APIRouter:
    """`/lexicon` and what lies under it."""
    api = APIRouter(prefix="/lexicon")
    refusals = partial(errors, says=SIGN_SAYS)
    settings, workers = dictionary.settings, dictionary.workers

    @api.get("", summary="Signs by name", responses=refusals(403, 422, 503))
    def page(
        q: Annotated[
            str, Query(max_length=200, description="Letters of the gloss; case and accents do not count.")
        ] = "",
        language: Annotated[str, Query(max_length=20, description="ISO 639-3; empty: all.")] = "",
        limit: Annotated[int, Query(ge=1, le=1000)] = 50,
        offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    ) -> DictionaryPage:
        return DictionaryPage(**dictionary.page(q, language, limit, offset))

    @api.post(
        "",
        summary="Teach a sign by one to five examples",
        status_code=201,
        response_model=Added,
        responses=refusals(400, 401, 403, 408, 409, 413, 415, 422, 429, 503),
        openapi_extra=_add_body(),
    )
    async def add(request: Request) -> JSONResponse:
        return JSONResponse(await dictionary.add(request), 201)

    @api.post(
        "/search",
        summary="Which sign is this? The dictionary in reverse",
        response_model=SearchResult,
        responses=refusals(400, 403, 408, 409, 413, 415, 422, 429, 503),
        openapi_extra=_search_body(),
    )
    async def search(request: Request) -> JSONResponse:
        return JSONResponse(await dictionary.search(request))

    @api.get(
        "/export",
        summary="The service's own signs, as a zip",
        response_class=Response,
        responses={200: {"content": {"application/zip": {}}}, **refusals(403, 404, 429, 503)},
    )
    async def export(request: Request) -> Response:
        await request.body()
        with workers.place():
            content = await workers.do(dictionary.export, request, "lexicon")
        name = 'attachment; filename="chereme-lexicon.zip"'
        return Response(content, media_type="application/zip", headers={"Content-Disposition": name})

    @api.post(
        "/import",
        summary="Add what such a zip holds",
        response_model=Imported,
        responses=refusals(400, 401, 403, 408, 409, 413, 429, 503),
        openapi_extra=_FILE,
    )
    async def take(request: Request) -> JSONResponse:
        return JSONResponse(await dictionary.take(request))

    @api.delete("/{id}", summary="Forget an example", responses=refusals(401, 403, 404, 422, 503))
    def remove(
        request: Request,
        id: _Id,
        whole: Annotated[bool, Query(alias="all", description="The sign with all of its examples.")] = False,
    ) -> Removed:
        check_writer(request, settings)
        return Removed(**dictionary.remove(id, whole))

    @api.get(
        "/{id}/pose",
        summary="Its landmarks",
        response_class=Response,
        responses={200: {"content": {"application/x-pose": {}}}, **refusals(403, 404, 422, 429, 503)},
    )
    async def pose(request: Request, id: _Id) -> Response:
        await request.body()
        with workers.place():
            content = await workers.do(lambda _: dictionary.pose(id), request, id)
        return Response(content, media_type="application/x-pose")

    @api.get(
        "/{id}/picture.png",
        summary="Six moments of it, drawn",
        response_class=Response,
        responses={200: {"content": {"image/png": {}}}, **refusals(403, 404, 422, 429, 503)},
    )
    async def picture(
        request: Request, id: _Id, size: Annotated[int, Query(ge=64, le=640, description="Height in pixels.")] = 240
    ) -> Response:
        await request.body()
        with workers.place():
            content = await workers.do(lambda work: dictionary.picture(id, size, work), request, id)
        return Response(content, media_type="image/png")

    return api


_TEXT = {"type": "string"}
_SIGN = {
    "gloss": {"type": "string", "examples": ["casa"]},
    "language": {"type": "string", "description": "ISO 639-3 of the signed language.", "examples": ["bzs"]},
    **dict.fromkeys(("variant", "sense", "source", "licence", "signer"), _TEXT),
}
_CLIP = {"type": "string", "format": "binary", "description": "A video, a picture, or a `.pose`."}


def _body(form: dict[str, Any], json: dict[str, Any] | None, example: Any = None) -> dict[str, Any]:
    content: dict[str, Any] = {"multipart/form-data": {"schema": {"type": "object", **form}}}
    if json is not None:
        content["application/json"] = {"schema": {"type": "object", **json}, "example": example}
    return {"requestBody": {"required": True, "content": content}}


_EXAMPLE = {"layout": "hand_21", "fps": 25, "size": [640, 480], "points": [[[0.5, 0.5]] * 20 + [None]]}


def _add_body() -> dict[str, Any]:
    form = {
        "required": ["file", "gloss"],
        "properties": {"file": {"type": "array", "items": _CLIP, "maxItems": _MOST_CLIPS}, **_SIGN},
    }
    several = {"type": "array", "items": LANDMARKS_SCHEMA, "maxItems": _MOST_CLIPS}
    json = {
        "required": ["gloss", "landmarks"],
        "properties": {**_SIGN, "landmarks": {"oneOf": [LANDMARKS_SCHEMA, several]}},
    }
    return _body(form, json, {"gloss": "casa", "language": "bzs", "landmarks": [_EXAMPLE]})


def _search_body() -> dict[str, Any]:
    top = {"type": "integer", "default": 10, "minimum": 1, "maximum": 1000}
    form = {"required": ["file"], "properties": {"file": _CLIP, "top": top}}
    json = {
        "required": ["landmarks"],
        "properties": {"landmarks": LANDMARKS_SCHEMA, "top": top, "language": _SIGN["language"]},
    }
    return _body(form, json, {"landmarks": _EXAMPLE, "top": 5})


_FILE = _body(
    {
        "required": ["file"],
        "properties": {"file": {"type": "string", "format": "binary", "description": "As `/lexicon/export` gives it."}},
    },
    None,
)
