"""`/lexicon` and what lies under it: signs by name and by example."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as InPath
from fastapi.responses import JSONResponse

from chereme.serve.answers import Landmarks, errors
from chereme.serve.answers_signs import (
    SIGN_SAYS,
    Added,
    DictionaryPage,
    EmbeddedLexicons,
    Imported,
    Removed,
    SearchResult,
)
from chereme.serve.assets import not_twice
from chereme.serve.landmarks import LANDMARKS_SCHEMA, JsonAnswer, landmarks_json
from chereme.serve.settings import ServeSettings
from chereme.serve.workers import Work, Workers
from chereme.serve.writes import check_writer

if TYPE_CHECKING:  # it loads the lexicon's database and all that draws: not before somebody asks
    from chereme.serve.lookup import Dictionary

__all__ = ["MOST_CLIPS", "MOST_EMBEDDINGS", "routes"]

MOST_CLIPS = 5
"""Examples of a sign in one request."""
MOST_EMBEDDINGS = 4000
"""Examples that are given out for a browser to compare with: of 256 numbers each, some 5.5 MB."""

_Id = Annotated[str, InPath(max_length=100, description="As the list gives it: `own.12`.")]


def routes(dictionary: "Callable[[], Dictionary]", settings: ServeSettings, workers: Workers) -> APIRouter:
    """`/lexicon` and what lies under it; the dictionary is made when it is first asked for."""
    api = APIRouter(prefix="/lexicon")

    async def made() -> "Dictionary":
        return await asyncio.to_thread(dictionary)  # the first time it takes seconds

    refusals = partial(errors, says=SIGN_SAYS)

    @api.get("", summary="Signs by name", responses=refusals(403, 422, 503))
    def page(
        q: Annotated[
            str, Query(max_length=200, description="Letters of the gloss; case and accents do not count.")
        ] = "",
        language: Annotated[str, Query(max_length=20, description="ISO 639-3; empty: all.")] = "",
        limit: Annotated[int, Query(ge=1, le=1000)] = 50,
        offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    ) -> DictionaryPage:
        return DictionaryPage(**dictionary().page(q, language, limit, offset))

    @api.post(
        "",
        summary="Teach a sign by one to five examples",
        status_code=201,
        response_model=Added,
        responses=refusals(400, 401, 403, 408, 409, 413, 415, 422, 429, 503),
        openapi_extra=_add_body(),
    )
    async def add(request: Request) -> JSONResponse:
        return JSONResponse(await (await made()).add(request), 201)

    @api.post(
        "/search",
        summary="Which sign is this? The dictionary in reverse",
        response_model=SearchResult,
        responses=refusals(400, 403, 408, 409, 413, 415, 422, 429, 503),
        openapi_extra=_search_body(),
    )
    async def search(request: Request) -> JSONResponse:
        return JSONResponse(await (await made()).search(request))

    @api.get(
        "/embeddings",
        summary="What such a search compares with, for who embeds clips by themselves",
        response_model=EmbeddedLexicons,
        responses=refusals(403, 413, 422, 429, 503),
    )
    async def embeddings(request: Request) -> Response:
        def work(work: Work) -> Response:
            return not_twice(request, EmbeddedLexicons(**dictionary().embeddings(work)), EmbeddedLexicons)

        with workers.place():
            return await workers.do(work, request, "lexicon")

    @api.get(
        "/export",
        summary="The service's own signs, as a zip",
        response_class=Response,
        responses={200: {"content": {"application/zip": {}}}, **refusals(403, 404, 429, 503)},
    )
    async def export(request: Request) -> Response:
        with workers.place():
            content = await workers.do(lambda work: dictionary().export(work), request, "lexicon")
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
        return JSONResponse(await (await made()).take(request))

    @api.delete("/{id}", summary="Forget an example", responses=refusals(401, 403, 404, 422, 503))
    def remove(
        request: Request,
        id: _Id,
        whole: Annotated[bool, Query(alias="all", description="The sign with all of its examples.")] = False,
    ) -> Removed:
        check_writer(request, settings)
        return Removed(**dictionary().remove(id, whole))

    @api.get(
        "/{id}/pose",
        summary="Its landmarks",
        response_model=Landmarks,
        responses={200: {"content": {"application/x-pose": {}}}, **refusals(403, 404, 422, 429, 503)},
    )
    async def pose(
        request: Request,
        id: _Id,
        form: Annotated[
            Literal["json", "pose"], Query(alias="format", description="A `.pose`, or JSON to draw.")
        ] = "pose",
    ) -> Response:
        def work(_: Work) -> Response:
            if form == "json":
                return JsonAnswer(landmarks_json(dictionary().sequence(id)))
            return Response(dictionary().pose(id), media_type="application/x-pose")

        with workers.place():
            return await workers.do(work, request, id)

    @api.get(
        "/{id}/picture.png",
        summary="Six moments of it, drawn",
        response_class=Response,
        responses={200: {"content": {"image/png": {}}}, **refusals(403, 404, 422, 429, 503)},
    )
    async def picture(
        request: Request, id: _Id, size: Annotated[int, Query(ge=64, le=640, description="Height in pixels.")] = 240
    ) -> Response:
        with workers.place():
            content = await workers.do(lambda work: dictionary().picture(id, size, work), request, id)
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
        "properties": {"file": {"type": "array", "items": _CLIP, "maxItems": MOST_CLIPS}, **_SIGN},
    }
    several = {"type": "array", "items": LANDMARKS_SCHEMA, "maxItems": MOST_CLIPS}
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
