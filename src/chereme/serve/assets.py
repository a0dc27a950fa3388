"""What recognizing in the browser needs of this service: bundles with their settings resolved, and the landmark engine.

No default and no list of landmarks is written down a second time for the browser: it reads them here.
"""

import gzip
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from os import SEEK_END
from pathlib import Path
from threading import Lock
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from pydantic import TypeAdapter

from chereme import __version__
from chereme.bundle import Bundle, digest, kind_of, list_bundles
from chereme.errors import CheremeError
from chereme.features import FeatureConfig, SamplingConfig
from chereme.files import write_beside
from chereme.layout import BODY_HANDS_75, Layout
from chereme.places import cache_folder
from chereme.preprocess import AlignConfig, PreprocessConfig, TrimConfig
from chereme.recognize import onnx_session
from chereme.serve.answers import errors
from chereme.serve.refusals import RefusedError
from chereme.spell.motion import read_motions

__all__ = ["FORMAT", "Assets", "browser_spec", "not_twice", "routes"]

FORMAT = 1
"""Of `spec.json`: raised when a browser that knows the old one would misread it."""
STAGES = {
    "preprocess": PreprocessConfig,
    "trim": TrimConfig,
    "align": AlignConfig,
    "features": FeatureConfig,
    "sampling": SamplingConfig,
}
"""Tables of a recipe that say how landmarks become a model's input."""
_FOREVER, _ASK_AGAIN = "public, max-age=31536000, immutable", "no-cache"


def browser_spec(bundle: Bundle) -> dict[str, Any]:
    """A bundle as the browser reads it: every setting with its default, names of landmarks, calibration, known places.

    `moving` are the letters that one picture does not show. Numbers of `familiar` are float32, little-endian, base64.
    """
    session = onnx_session(bundle.onnx_path)
    familiar = bundle.familiar()
    return {
        "format": FORMAT,
        "name": bundle.name,
        "language": bundle.language,
        "labels": list(bundle.labels),
        "space": bundle.space,
        "model": {
            "href": f"/api/v1/bundles/{bundle.name}/model.onnx?v={digest(bundle.onnx_path)[:16]}",
            "features": session.get_inputs()[0].shape[-1],
            "embeds": "embedding" in [output.name for output in session.get_outputs()],
        },
        "tracked": _layout(BODY_HANDS_75),
        "layout": _layout(bundle.layout),
        **{table: asdict(bundle.recipe.stage(table, kind)) for table, kind in STAGES.items()},
        "calibration": asdict(bundle.calibration),
        "moving": list(read_motions(bundle.recipe)),
        "familiar": familiar and familiar.as_json(),
    }


def _layout(layout: Layout) -> dict[str, Any]:
    return {"name": layout.name, "names": layout.names, "bones": layout.bones, "mirror": layout.mirror}


class Assets:
    """Bundles by name, and the engine's file.

    Args:
        own: bundles that the service works with; those that ship are there besides.
        folder: for the engine's file where this user's cache cannot be written.
    """

    def __init__(self, own: Sequence[Bundle], folder: Path) -> None:
        self._own, self._folder = own, folder
        self._building = Lock()
        self.spec = cache(self._spec)
        """A bundle's name to what `browser_spec` says of it."""

    def bundle(self, name: str) -> Bundle:
        """Raises RefusedError when no bundle is called so, or it cannot be opened."""
        if (own := next((bundle for bundle in self._own if bundle.name == name), None)) is not None:
            return own
        for folder in (*list_bundles(), *list_bundles("speller")):
            if folder.name == name:
                try:
                    return Bundle.load(folder, kind_of(folder))
                except CheremeError as error:
                    raise RefusedError("no_bundle", str(error).partition("; ")[0]) from error
        raise RefusedError("unknown_bundle", f"{name[:60]!r} is no bundle of this service")

    def engine(self) -> Path:
        """The landmark engine's `.task` file, packed by gzip. Made when first asked for, which takes seconds."""
        name = f"holistic-{version('mediapipe')}-{__version__}.task.gz"
        places = [cache_folder() / name, self._folder / name]
        with self._building:
            if found := next((path for path in places if path.is_file()), None):
                return found
            from chereme.landmarks.task_file import holistic_task  # loads the engine

            packed = gzip.compress(holistic_task(), mtime=0)
            try:
                return _written(places[0], packed)
            except OSError:  # a read-only file system, as containers have
                return _written(places[1], packed)

    def _spec(self, name: str) -> dict[str, Any]:
        return browser_spec(self.bundle(name))


def _written(path: Path, content: bytes) -> Path:
    with write_beside(path) as part:
        part.write_bytes(content)
    return path


def _unpacked_length(path: Path) -> int:
    """Of a gzip file: its last four bytes."""
    with path.open("rb") as file:
        file.seek(-4, SEEK_END)
        return int.from_bytes(file.read(), "little")


def routes(assets: Assets) -> APIRouter:
    """Files for a browser that recognizes by itself. What it may keep, the answers' headers say."""
    api = APIRouter()

    @api.get(
        "/bundles/{name}/spec.json",
        summary="A bundle's settings, every default filled in",
        responses=errors(404, 503),
        response_class=JSONResponse,
    )
    def spec(name: str, request: Request) -> Response:
        found = assets.spec(name)
        etag = f'"{FORMAT}-{__version__}-{found["space"]}"'
        return _unchanged(request, etag) or JSONResponse(found, headers=_headers(etag))

    @api.get(
        "/bundles/{name}/model.onnx",
        summary="Its model for ONNX Runtime",
        responses={200: {"content": {"application/octet-stream": {}}}, **errors(404, 503)},
        response_class=Response,
    )
    def model(name: str, request: Request, v: str = "") -> Response:
        path = assets.bundle(name).onnx_path
        named = digest(path)[:16]
        etag = f'"{named}"'
        headers = _headers(etag, _FOREVER if v == named else _ASK_AGAIN)
        return _unchanged(request, etag) or FileResponse(path, media_type="application/octet-stream", headers=headers)

    @api.get(
        "/engine/holistic.task",
        summary="The landmark engine's models, for MediaPipe's holistic landmarker",
        responses={200: {"content": {"application/octet-stream": {}}}},
        response_class=Response,
    )
    def engine(request: Request) -> Response:
        path = assets.engine()
        etag = f'"{path.name}"'
        if unchanged := _unchanged(request, etag):
            return unchanged
        headers = _headers(etag) | {"Vary": "Accept-Encoding", "X-Unpacked-Length": str(_unpacked_length(path))}
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(gzip.decompress(path.read_bytes()), 200, headers, "application/octet-stream")
        return FileResponse(path, media_type="application/octet-stream", headers=headers | {"Content-Encoding": "gzip"})

    return api


def not_twice(request: Request, found: Any, kind: Any) -> Response:
    """What is of a kind as JSON, but for a browser that has it already."""
    content = TypeAdapter(kind).dump_json(found)
    etag = f'"{sha256(content).hexdigest()[:16]}"'
    return _unchanged(request, etag) or Response(content, 200, _headers(etag), "application/json")


def _headers(etag: str, kept: str = _ASK_AGAIN) -> dict[str, str]:
    return {"ETag": etag, "Cache-Control": kept}


def _unchanged(request: Request, etag: str) -> Response | None:
    """304 for a browser that has it already."""
    held = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    return Response(status_code=304, headers=_headers(etag)) if etag in held else None
