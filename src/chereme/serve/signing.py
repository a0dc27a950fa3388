"""`/productions` and `/phrases`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query, Request, Response

from chereme.serve.answers import errors
from chereme.serve.answers_signs import SIGN_SAYS, PhraseAnswer, Production
from chereme.serve.landmarks import JsonAnswer
from chereme.serve.recognitions import body_of, decode
from chereme.serve.settings import ServeSettings
from chereme.serve.upload import receive_json
from chereme.serve.workers import Work, Workers

if TYPE_CHECKING:  # it loads the lexicon's database and all that draws: not before somebody asks
    from chereme.serve.productions import Productions

__all__ = ["SentPhrase", "routes"]

_TYPES = {"mp4": "video/mp4", "pose": "application/x-pose"}


class SentPhrase(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be signed."""

    text: str | None = None
    glosses: list[str] | None = None
    language: str = ""
    signs: str = ""
    speed: float = 1.0
    spell: bool = False


def routes(productions: "Callable[[], Productions]", settings: ServeSettings, workers: Workers) -> APIRouter:
    """`/productions` and `/phrases`; productions are made ready when they are first asked for."""
    api = APIRouter()

    @api.post(
        "/productions",
        summary="Sign a text or glosses",
        response_model=Production,
        responses={
            200: {"content": {"application/json": {"example": _ANSWER}, **{kind: {} for kind in _TYPES.values()}}},
            **errors(400, 403, 408, 409, 413, 422, 429, 503, says=SIGN_SAYS),
        },
        openapi_extra=_BODY,
    )
    async def produce(
        request: Request,
        form: Annotated[
            Literal["json", "mp4", "pose"] | None,
            Query(alias="format", description="What to answer with; else what `Accept` asks for, else JSON."),
        ] = None,
        size: Annotated[int, Query(ge=64, le=1080, description="Height of a film in pixels.")] = 480,
    ) -> Response:
        async with body_of(request, settings) as body:
            with workers.place():
                content = await receive_json(body, settings)
                wanted = form or _accepted(request)

                def work(work: Work) -> Response:
                    found = productions().answer(decode(content, SentPhrase), wanted, size, work)
                    if isinstance(found, dict):
                        return JsonAnswer(found)
                    return Response(found, media_type=_TYPES[wanted])

                return await workers.do(work, request, "phrase")

    @api.get("/phrases", summary="Phrases for a desk in health care", responses=errors(400, 403, 422, says=SIGN_SAYS))
    def phrases(
        language: Annotated[str, Query(max_length=20, description="Of the texts: `eng` or `por`; empty: both.")] = "",
        signs: Annotated[str, Query(max_length=20, description="In which they would be signed: `ins` …")] = "",
    ) -> list[PhraseAnswer]:
        return [PhraseAnswer(**phrase) for phrase in productions().phrases(language, signs)]

    return api


def _accepted(request: Request) -> str:
    accept = request.headers.get("accept", "")
    return next((form for form, kind in _TYPES.items() if kind in accept), "json")


_ANSWER = {
    "glosses": ["Book", "J-O", "SOAP-OPERA"],
    "spans": [
        {"gloss": "Book", "start": 0.2, "end": 1.4, "how": "producer"},
        {"gloss": "J-O", "start": 1.7, "end": 3.1, "how": "spelled"},
    ],
    "missing": ["SOAP-OPERA"],
    "near": {"SOAP-OPERA": ["Soap"]},
    "language": "ins",
    "seconds": 3.4,
    "landmarks": {
        "layout": "body_hands_75",
        "names": ["pose/nose"],
        "bones": [],
        "fps": 25,
        "size": [1280, 720],
        "mirrored": False,
        "points": [[[0.889, 0.25]]],
    },
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "description": "`text` or `glosses`, one of the two.",
                    "properties": {
                        "text": {"type": "string", "description": "In a spoken language; the phrase book comes first."},
                        "glosses": {
                            "type": "array",
                            "items": {"type": "string"},
                            "description": "Names of signs; `J-O` is spelled.",
                        },
                        "language": {"type": "string", "enum": ["eng", "por"], "description": "Of the text."},
                        "signs": {"type": "string", "description": "Signed language, ISO 639-3.", "examples": ["ins"]},
                        "speed": {"type": "number", "default": 1, "minimum": 0.1, "maximum": 10},
                        "spell": {
                            "type": "boolean",
                            "default": False,
                            "description": "Spell glosses that have no sign, where there are letters.",
                        },
                    },
                },
                "examples": {
                    "text": {"value": {"text": "Good morning.", "language": "eng", "signs": "ins"}},
                    "glosses": {"value": {"glosses": ["Book", "Time"], "signs": "ins", "speed": 0.8}},
                },
            }
        },
    },
}
