"""`/recognitions`: a clip, or its landmarks, become ranked words, or a film with what was found drawn over it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from fastapi import APIRouter, Request, Response

from chereme.recognize import Recognizer
from chereme.serve.answers import Recognition, errors
from chereme.serve.landmarks import LANDMARKS_SCHEMA, JsonAnswer, SentLandmarks, sequence_of
from chereme.serve.refusals import RefusedError
from chereme.serve.settings import ServeSettings
from chereme.serve.upload import Body, Upload, is_json, limit_of, receive, receive_json
from chereme.serve.work import Judge, answer, answer_landmarks
from chereme.serve.workers import Work, Workers

if TYPE_CHECKING:  # it loads the lexicon's database: not before somebody asks
    from chereme.serve.lexicons import Lexicons

__all__ = ["Recognitions", "body_of", "decode", "routes", "shown_once"]

T = TypeVar("T")


class SentClip(msgspec.Struct, forbid_unknown_fields=True):
    """A recognition asked for with landmarks."""

    landmarks: SentLandmarks
    top: int = 5
    lexicon: bool = False


class Recognitions:
    """What requests for words share.

    Args:
        settings: how much is taken.
        workers: threads that do the work.
        folder: for uploads.
        recognizer: gives it, or refuses where none could be opened.
        lexicons: gives the signs that may be named beside its words.
    """

    def __init__(
        self,
        settings: ServeSettings,
        workers: Workers,
        folder: Path,
        recognizer: Callable[[], Recognizer],
        lexicons: "Callable[[], Lexicons]",
    ) -> None:
        self.settings, self.workers, self.folder = settings, workers, folder
        self._recognizer, self._lexicons = recognizer, lexicons

    async def recognize(self, request: Request) -> Response:
        """Take an upload or landmarks, work on it, and leave nothing of it behind, whatever happens."""
        begun = perf_counter()

        def told(found: dict[str, Any] | bytes) -> Response:
            if isinstance(found, bytes):
                return Response(found, media_type="video/mp4")
            found["seconds"]["total"] = perf_counter() - begun
            found["seconds"] = {step: round(took, 4) for step, took in found["seconds"].items()}
            return JsonAnswer(found)

        async with body_of(request, self.settings) as body:
            recognizer = self._recognizer()
            with self.workers.place():
                if is_json(request):
                    content = await receive_json(body, self.settings)
                    return await self.workers.do(lambda _: told(self._ranked(content, recognizer)), request, _SENT)
                upload = await receive(body, self.settings, self.folder)
                return await shown_once(
                    [upload], lambda work: told(self._looked(upload, recognizer, work)), self.workers, request
                )

    def _ranked(self, content: bytes, recognizer: Recognizer) -> dict[str, Any]:
        asked = decode(content, SentClip)
        if not 1 <= asked.top <= 1000:
            raise RefusedError("json", f"`top` must be a number from 1 to 1000, got {asked.top}")
        begun = perf_counter()
        sequence = sequence_of(asked.landmarks, _SENT, self.settings)
        read = perf_counter() - begun
        found = answer_landmarks(sequence, self._judge(recognizer, asked.lexicon), _SENT, asked.top)
        found["seconds"]["extract"] = read
        return found

    def _looked(self, upload: Upload, recognizer: Recognizer, work: Work) -> dict[str, Any] | bytes:
        if upload.overlay:
            from chereme.serve.overlay import overlay  # loads all that draws

            return overlay(upload, self.settings, work)
        return answer(upload, self._judge(recognizer, upload.lexicon), self.settings, work)

    def _judge(self, recognizer: Recognizer, lexicon: bool) -> Judge:
        return self._lexicons().beside(recognizer) if lexicon else recognizer


@asynccontextmanager
async def body_of(request: Request, settings: ServeSettings) -> AsyncIterator[Body]:
    """A request's body, which is read to its end before a refusal is sent."""
    body = Body(request, limit_of(settings))
    try:
        yield body
    except RefusedError:
        await body.drain()
        raise


async def shown_once(uploads: list[Upload], work: Callable[[Work], T], workers: Workers, request: Request) -> T:
    """Work on clips in a thread; they are gone afterwards, also when the work never began."""
    begun = False

    def run(own: Work) -> T:
        nonlocal begun
        begun = True
        try:
            return work(own)
        finally:
            for upload in uploads:
                upload.remove()

    try:
        return await workers.do(run, request, uploads[0].name)
    finally:
        if not begun:
            for upload in uploads:
                upload.remove()


def decode(content: bytes, kind: type[T]) -> T:
    """A JSON body.

    Raises:
        RefusedError: it is none, or not of that kind; the text names the place in it.
    """
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedError("json", f"the body is not what is asked for: {error}".replace("\n", " ")) from error


def routes(recognitions: Recognitions) -> APIRouter:
    """`/recognitions`."""
    api = APIRouter()

    @api.post(
        "/recognitions",
        summary="Which word does this clip show?",
        response_model=Recognition,
        responses={
            200: {"content": {"application/json": {"examples": _ANSWERS}, "video/mp4": {}}},
            **errors(400, 403, 408, 409, 413, 415, 422, 429, 503),
        },
        openapi_extra=_BODY,
    )
    async def recognize(request: Request) -> Response:
        return await recognitions.recognize(request)

    return api


_SENT = "landmarks"  # what an answer calls a clip that has no name
_ANSWERS = {
    "a film": {
        "value": {
            "file": "newspaper.mp4",
            "predictions": [{"gloss": "Newspaper", "probability": 0.93}, {"gloss": "Page", "probability": 0.04}],
            "unknown": False,
            "seconds": {"decode": 0.19, "extract": 3.4, "recognize": 0.004, "total": 3.6},
            "bundle": "isl43",
        }
    },
    "landmarks": {
        "value": {
            "file": _SENT,
            "predictions": [{"gloss": "Newspaper", "probability": 0.93}],
            "unknown": False,
            "seconds": {"extract": 0.003, "recognize": 0.004, "total": 0.01},
            "bundle": "isl43",
        }
    },
}
_TOP = {"type": "integer", "default": 5, "minimum": 1, "maximum": 1000}
_LEXICON = {
    "type": "boolean",
    "default": False,
    "description": "Rank the signs of the lexicon beside the recognizer's words.",
}
_BODY: dict[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": "X-Work",
            "schema": {"type": "string", "maxLength": 100},
            "description": "A name of your own for this request, by which it can be asked after under `/work`.",
        }
    ],
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "A video (mp4, webm, mov, mkv, avi …), a picture, or a `.pose`.",
                        },
                        "mirrored": {
                            "type": "boolean",
                            "default": False,
                            "description": "The picture is mirrored, as selfie cameras store it.",
                        },
                        "top": _TOP,
                        "landmarks": {
                            "type": "boolean",
                            "default": False,
                            "description": "Answer with the landmarks that were found, too.",
                        },
                        "lexicon": _LEXICON,
                        "answer": {
                            "type": "string",
                            "enum": ["words", "landmarks", "overlay"],
                            "default": "words",
                            "description": "`landmarks`: with the landmarks that were found, too; `overlay`: instead,"
                            " the film as mp4 with them drawn over it.",
                        },
                    },
                }
            },
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["landmarks"],
                    "properties": {"landmarks": LANDMARKS_SCHEMA, "top": _TOP, "lexicon": _LEXICON},
                },
                "example": {
                    "landmarks": {
                        "layout": "hand_21",
                        "fps": 25,
                        "size": [640, 480],
                        "points": [[[round(0.5 + 0.01 * i, 2), round(0.8 - 0.02 * i, 2)] for i in range(20)] + [None]],
                    },
                    "top": 3,
                },
            },
        },
    },
}
