"""The application: the API under /api/v1 and the page beside it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount
from starlette.types import Scope

from chereme import __version__
from chereme.serve import asl as letters
from chereme.serve import assets, dictionary, recognitions, signing, stream
from chereme.serve.answers import Health, Model, Sample, errors
from chereme.serve.answers_signs import WorkState
from chereme.serve.guard import Guard
from chereme.serve.metrics import CONTENT_TYPE_LATEST, Counted
from chereme.serve.page_files import PageFiles
from chereme.serve.refusals import RefusedError
from chereme.serve.service import Service
from chereme.serve.settings import AslSettings, ServeSettings, read_asl_settings, read_settings
from chereme.serve.workers import AbandonedError

__all__ = ["create_app"]

_ABOUT = (
    "Sign-language clips in, ranked words out, and words into signing, on this machine: nothing that is sent is kept or"
    " passed on, but the signs that are added to the lexicon. Knows only the words of its models (`/models`) and of its"
    " lexicon, for the uses that their cards name; it is no interpreter."
)


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
            CORSMiddleware, allow_origins=asl.cors_origins, allow_methods=["GET", "POST", "DELETE"], allow_headers=["*"]
        )
    hosts = [h for h in settings.hosts.split(",") if h.strip()]
    app.add_middleware(Guard, hosts=hosts, origins=asl.cors_origins)  # the last added is the first asked

    app.add_middleware(Counted, metrics=service.metrics)

    @app.exception_handler(RefusedError)
    async def _refused(_: Request, refused: RefusedError) -> JSONResponse:
        more = {429: {"Retry-After": "3"}, 401: {"WWW-Authenticate": "Bearer"}}.get(refused.status)
        return JSONResponse({"code": refused.code, "detail": refused.detail}, refused.status, more)

    @app.exception_handler(RequestValidationError)
    async def _unfit(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        refused = RefusedError("query", f"`{first['loc'][-1]}`: {first['msg']}")
        return JSONResponse({"code": refused.code, "detail": refused.detail}, refused.status)

    @app.exception_handler(HTTPException)
    async def _no_address(request: Request, error: HTTPException) -> Response:
        if not request.url.path.startswith("/api/") or error.status_code not in (404, 405):
            return await http_exception_handler(request, error)
        what = f"{request.method} {request.url.path}"
        if not (taken := _methods(app, request.scope)):
            return await _refused(request, RefusedError("no_address", f"{what}: no such address"))
        answer = await _refused(request, RefusedError("no_method", f"{what}: this address takes {' and '.join(taken)}"))
        answer.headers["Allow"] = ", ".join(taken)
        return answer

    @app.exception_handler(AbandonedError)
    async def _abandoned(_: Request, __: AbandonedError) -> Response:
        return Response(status_code=499)  # nobody reads it

    app.include_router(_api(service))
    app.mount("/", PageFiles())
    return app


def _methods(app: FastAPI, scope: Scope) -> list[str]:
    """What an address of the API takes; the page, which is mounted beside it, takes every address and knows none."""
    routes = [route for route in app.router.routes if not isinstance(route, Mount)]
    return [
        method
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in routes)
    ]


def _api(service: Service) -> APIRouter:
    api = APIRouter(prefix="/api/v1")
    api.include_router(recognitions.routes(service.recognitions))
    api.include_router(signing.routes(lambda: service.productions, service.settings, service.workers))
    api.include_router(dictionary.routes(lambda: service.dictionary, service.settings, service.workers))
    api.include_router(stream.routes(service.streams))

    @api.get(
        "/models",
        summary="What answers, and what may it be used for?",
        responses=errors(503),
        response_model=list[Model],
    )
    def models(request: Request) -> Response:
        return assets.not_twice(request, service.models(), list[Model])

    @api.get("/samples", summary="Drawn clips to try", response_model=list[Sample])
    def samples(request: Request) -> Response:
        found = [
            Sample(gloss=gloss, seconds=seconds, href=f"/api/v1/samples/{gloss}.mp4")
            for gloss, seconds in service.samples.seconds.items()
        ]
        return assets.not_twice(request, found, list[Sample])

    @api.get(
        "/samples/{gloss}.mp4",
        summary="One of them",
        response_class=Response,
        responses={200: {"content": {"video/mp4": {}}}, **errors(404, 429), **_ASKED},
    )
    async def sample(gloss: str, request: Request) -> Response:
        with service.workers.place():
            film = await service.workers.do(lambda _: service.samples.film(gloss), request, gloss[:60])
        return Response(film, media_type="video/mp4")

    @api.get("/work/{name}", summary="How far is a request?", responses=_OF_WORK)
    async def work(name: str) -> WorkState:
        found = service.workers.work(name)
        return WorkState(state="running" if found.running else "waiting", share=round(found.share, 3))

    @api.delete(
        "/work/{name}",
        summary="End it",
        status_code=204,
        response_class=Response,
        responses=_OF_WORK,
    )
    async def cancel(name: str) -> Response:
        service.workers.work(name).cancel()
        return Response(status_code=204)

    @api.get(
        "/metrics",
        summary="What it does, for Prometheus",
        response_class=Response,
        responses={200: {"content": {"text/plain": {}}}},
    )
    def metrics() -> Response:
        return Response(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)

    @api.get("/health", summary="Does it run?")
    def health() -> Health:
        return service.health("live")

    @api.get("/ready", summary="Can it recognize?", responses=errors(503))
    def ready() -> Health:
        _ = service.recognizer  # refuses where there is none
        return service.health("ready")

    api.include_router(assets.routes(service.assets), responses=_ASKED)
    api.include_router(letters.routes(service.spelling))
    return api


_ASKED = errors(422, says={422: ("query", "a parameter is not what is taken")})
_OF_WORK = {**errors(404, says={404: ("no_work", "nothing of that name is worked on")}), **_ASKED}
