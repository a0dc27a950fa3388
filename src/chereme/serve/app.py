"""The application: the API under /api/v1 and the page beside it."""

import tempfile
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse

from chereme import __version__
from chereme.bundle import Bundle
from chereme.errors import CheremeError
from chereme.recognize import Recognizer
from chereme.serve import assets
from chereme.serve.answers import Health, Limits, Model, Recognition, Sample, errors
from chereme.serve.asl import Fingerspelling, routes
from chereme.serve.guard import Guard
from chereme.serve.page_files import PageFiles
from chereme.serve.refusals import RefusedError
from chereme.serve.samples import Samples
from chereme.serve.settings import AslSettings, ServeSettings, read_asl_settings, read_settings
from chereme.serve.upload import Body, Upload, limit_of, receive
from chereme.serve.work import answer
from chereme.serve.workers import AbandonedError, Workers

__all__ = ["create_app"]

_ABOUT = (
    "Sign-language clips in, ranked words out, on this machine: nothing that is sent is kept or passed on. Knows only"
    " the words of its bundle (`/models`), for the uses that its card names; it is no interpreter."
)

_FORM = {
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
                        "top": {"type": "integer", "default": 5, "minimum": 1, "maximum": 1000},
                        "landmarks": {
                            "type": "boolean",
                            "default": False,
                            "description": "Answer with the landmarks that were found, too.",
                        },
                    },
                }
            }
        },
    }
}


class Service:
    """What the requests of one application share."""

    def __init__(self, settings: ServeSettings, asl: AslSettings) -> None:
        self.settings = settings
        self.workers = Workers(settings.workers, settings.waiting)
        self._folder = tempfile.TemporaryDirectory(
            prefix="chereme-", dir=settings.temporary, ignore_cleanup_errors=True
        )
        self.folder = Path(self._folder.name)
        """For uploads; only this user may look into it, and it goes with the service."""
        self._recognizer: Recognizer | CheremeError
        try:
            self._recognizer = Recognizer.load(settings.bundle)
        except CheremeError as error:
            self._recognizer = error
        known = () if isinstance(self._recognizer, CheremeError) else self._recognizer.bundle.labels
        self.samples = Samples(settings.decoder, known)
        own = None if isinstance(self._recognizer, CheremeError) else self._recognizer.bundle
        self.assets = assets.Assets(own, self.folder)
        self.spelling = Fingerspelling(asl, settings, self.workers)

    @property
    def recognizer(self) -> Recognizer:
        """Raises RefusedError when the bundle could not be opened at the start."""
        if isinstance(self._recognizer, CheremeError):
            raise RefusedError("no_bundle", str(self._recognizer).partition("; ")[0])
        return self._recognizer

    def health(self, status: Any) -> Health:
        s = self.settings
        limits = Limits(megabytes=s.max_upload_mb, seconds=s.max_seconds, megapixels=s.max_megapixels)
        return Health(status=status, version=__version__, limits=limits, asl=self.spelling.state)

    def models(self) -> list[Model]:
        """What answers, the recognizer of clips first."""
        spelling = [] if self.spelling.state == "no model" else [self.spelling.speller.bundle]
        return [_described(bundle) for bundle in (self.recognizer.bundle, *spelling)]

    async def recognize(self, request: Request) -> dict[str, Any]:
        """Take an upload, work on it, and leave nothing of it behind, whatever happens."""
        begun = perf_counter()
        body = Body(request, limit_of(self.settings))
        try:
            recognizer = self.recognizer
            with self.workers.place():
                upload = await receive(body, self.settings, self.folder)
                result = await self._work(upload, recognizer, request)
        except RefusedError:
            await body.drain()
            raise
        result["seconds"]["total"] = perf_counter() - begun
        result["seconds"] = {step: round(took, 4) for step, took in result["seconds"].items()}
        return result

    async def _work(self, upload: Upload, recognizer: Recognizer, request: Request) -> dict[str, Any]:
        started = threading.Event()

        def work(stop: threading.Event) -> dict[str, Any]:
            started.set()
            try:
                return answer(upload, recognizer, self.settings, stop)
            finally:
                upload.remove()

        try:
            return await self.workers.do(work, request, upload.name)
        finally:
            if not started.is_set():
                upload.remove()

    def close(self) -> None:
        self.workers.close()
        self.spelling.close()
        self._folder.cleanup()


def create_app(settings: ServeSettings | None = None, asl: AslSettings | None = None) -> FastAPI:
    """The page and API as an ASGI application.

    A bundle that cannot be opened does not keep it from starting: `/ready` and each recognition then say why.

    Args:
        settings: None: read from the environment and `.env`.
        asl: of fingerspelling; None: read likewise.
    """
    settings, asl = settings or read_settings(), asl or read_asl_settings()
    service = Service(settings, asl)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        service.close()

    app = FastAPI(
        title="chereme",
        version=__version__,
        description=_ABOUT,
        lifespan=lifespan,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # FastAPI's own pages load scripts from elsewhere
        redoc_url=None,
    )
    app.state.service = service
    if asl.cors_origins:
        app.add_middleware(
            CORSMiddleware, allow_origins=asl.cors_origins, allow_methods=["GET", "POST"], allow_headers=["*"]
        )
    hosts = [h for h in settings.hosts.split(",") if h.strip()]
    app.add_middleware(Guard, hosts=hosts, origins=asl.cors_origins)  # the last added is the first asked

    @app.exception_handler(RefusedError)
    async def _refused(_: Request, refused: RefusedError) -> JSONResponse:
        wait = {"Retry-After": "3"} if refused.code == "busy" else None
        return JSONResponse({"code": refused.code, "detail": refused.detail}, refused.status, wait)

    @app.exception_handler(AbandonedError)
    async def _abandoned(_: Request, __: AbandonedError) -> Response:
        return Response(status_code=499)  # nobody reads it

    app.include_router(_api(service))
    app.mount("/", PageFiles())
    return app


def _api(service: Service) -> APIRouter:
    api = APIRouter(prefix="/api/v1")

    @api.post(
        "/recognitions",
        summary="Which word does this clip show?",
        response_model=Recognition,
        responses=errors(400, 403, 408, 413, 415, 422, 429, 503),
        openapi_extra=_FORM,
    )
    async def recognitions(request: Request) -> JSONResponse:
        return JSONResponse(await service.recognize(request))

    @api.get("/models", summary="What can be recognized, and what may it be used for?", responses=errors(503))
    def models() -> list[Model]:
        return service.models()

    @api.get("/samples", summary="Drawn clips to try")
    def samples() -> list[Sample]:
        return [
            Sample(gloss=gloss, seconds=seconds, href=f"/api/v1/samples/{gloss}.mp4")
            for gloss, seconds in service.samples.seconds.items()
        ]

    @api.get(
        "/samples/{gloss}.mp4",
        summary="One of them",
        response_class=Response,
        responses={200: {"content": {"video/mp4": {}}}, **errors(404, 429)},
    )
    async def sample(gloss: str, request: Request) -> Response:
        await request.body()
        with service.workers.place():
            film = await service.workers.do(lambda _: service.samples.film(gloss), request, gloss[:60])
        return Response(film, media_type="video/mp4")

    @api.get("/health", summary="Does it run?")
    def health() -> Health:
        return service.health("live")

    @api.get("/ready", summary="Can it recognize?", responses=errors(503))
    def ready() -> Health:
        assert service.recognizer
        return service.health("ready")

    api.include_router(assets.routes(service.assets))
    api.include_router(routes(service.spelling))
    return api


def _described(bundle: Bundle) -> Model:
    return Model(
        kind="speller" if bundle.kind == "speller" else "recognizer",
        name=bundle.name,
        default=True,
        language=bundle.language,
        labels=list(bundle.labels),
        layout=bundle.layout.name,
        use=bundle.card.use,
        card=asdict(bundle.card),
        scores=dict(bundle.scores),
    )
