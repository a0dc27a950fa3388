"""The page on which clips are reviewed, for the person at this machine and nobody else."""

from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, ConfigDict, Field

from chereme import __version__
from chereme.errors import CheremeError, ReviewError
from chereme.poses import read_pose
from chereme.review.decisions import Decision
from chereme.review.session import Session, decision_json
from chereme.serve.guard import Guard
from chereme.serve.landmarks import landmarks_json

__all__ = ["create_review"]

PAGE = Path(__file__).parent / "page"


class _Said(BaseModel):
    """A decision as the page sends it."""

    model_config = ConfigDict(extra="forbid")

    clip: int = Field(ge=0)
    verdict: Literal["", "accept", "reject", "variant"] = ""
    other: str = Field("", pattern=r"^[B-Z]?$")
    mirrored: bool = False
    start: float | None = Field(None, ge=0, allow_inf_nan=False)
    end: float | None = Field(None, gt=0, allow_inf_nan=False)


def create_review(session: Session) -> FastAPI:
    """The page and its API as an ASGI application: answers this machine's own page alone."""
    app = FastAPI(
        title="chereme review", version=__version__, openapi_url="/api/v1/openapi.json", docs_url=None, redoc_url=None
    )
    app.add_middleware(Guard)

    @app.exception_handler(ReviewError)
    async def _refused(_: Request, error: ReviewError) -> JSONResponse:
        return JSONResponse({"code": "refused", "detail": str(error)}, 422)

    @app.exception_handler(RequestValidationError)
    async def _malformed(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return JSONResponse({"code": "form", "detail": f"{where}: {first['msg']}"}, 422)

    app.include_router(_api(session))
    app.mount("/", StaticFiles(directory=PAGE, html=True))
    return app


def _api(session: Session) -> APIRouter:
    api = APIRouter(prefix="/api/v1")

    def clip_at(number: int) -> int:
        if not 0 <= number < len(session.clips):
            raise ReviewError(f"there are {len(session.clips)} clips, no clip {number}")
        return number

    @api.get("/review", summary="Which words are there, and how far are they?")
    def review() -> dict[str, Any]:
        return session.overview()

    @api.get("/words/{word}", summary="The clips of a word")
    def word(word: int) -> dict[str, Any]:
        return session.word(word)

    @api.get("/next", summary="The clip to look at next")
    def following(word: int | None = None) -> dict[str, Any]:
        return {"next": session.next(word)}

    @api.post("/decisions", summary="Keep what the person says of a clip")
    def decide(said: _Said) -> dict[str, Any]:
        clip = clip_at(said.clip)
        made = session.decide(clip, Decision(**said.model_dump(exclude={"clip"})))
        return {"decision": decision_json(made), "at": made.at}

    @api.get("/clips/{number}/film", summary="Its film", response_class=FileResponse)
    def film(number: int) -> FileResponse:
        found = session.clips[clip_at(number)].film
        if found is None or not found.is_file():
            raise ReviewError("the film is not there any more; put it back, or reject the clip")
        return FileResponse(found)

    @api.get("/clips/{number}/landmarks", summary="Its landmarks, for drawing")
    def landmarks(number: int) -> dict[str, Any]:
        pose = session.clips[clip_at(number)].pose
        try:
            if pose is None:
                raise ReviewError("the clip has no landmarks")
            return landmarks_json(read_pose(pose))
        except CheremeError as error:
            raise ReviewError(str(error)) from error

    return api
