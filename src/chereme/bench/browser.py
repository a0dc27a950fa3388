"""The page in a real browser, for benches: a service, Chromium with a film for its webcam, pages made for the bench."""

import io
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from PIL import Image as Pillow
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from chereme.errors import CheremeError
from chereme.landmarks.extractor import Image
from chereme.serve import AslSettings, ServeSettings, create_app
from chereme.serve.run import listen

__all__ = ["bench_pages", "chromium", "served", "webcam_film"]

WEB = Path(__file__).parents[3] / "web"
CANDIDATES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def bench_pages(folder: Path) -> None:
    """Build the pages of web/bench into a folder.

    Raises:
        CheremeError: no Node, no clone of the repository, or the page's packages are not installed.
    """
    node, vite = shutil.which("node"), WEB / "node_modules" / "vite" / "bin" / "vite.js"
    if not (node and vite.is_file()):
        raise CheremeError("the pages of this bench need Node and a clone of the repository; run `make page` first")
    command = [node, str(vite), "build", "--config", "bench/vite.config.ts", "--outDir", str(folder), "--emptyOutDir"]
    done = subprocess.run(command, cwd=WEB, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CheremeError(f"the pages of this bench cannot be built: {done.stderr.strip()[-300:]}")


@contextmanager
def served(wrap: Callable[[ASGIApp], ASGIApp] | None = None, **folders: Path) -> Iterator[str]:
    """The address of a service that recognizes with the bundle that ships, and of folders of files beside it.

    Args:
        wrap: put round the service, to watch what it sends.
        folders: by the name under which each is to be had: `bench=folder` at `/bench/`.
    """
    with tempfile.TemporaryDirectory() as place, listen("127.0.0.1", 0) as socket_:
        app = create_app(
            ServeSettings(_env_file=None, temporary=Path(place)),  # type: ignore[call-arg]
            AslSettings(_env_file=None),  # type: ignore[call-arg]
        )
        mounts = [Mount(f"/{name}", StaticFiles(directory=folder, html=True)) for name, folder in folders.items()]
        app.router.routes[:0] = mounts
        server = uvicorn.Server(uvicorn.Config(wrap(app) if wrap else app, log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket_]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{socket_.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def chromium(webcam: Path | None = None) -> Iterator[Any]:
    """A browser without a window; `webcam` is the film that its camera shows, over and over.

    Raises:
        CheremeError: no Chromium, or no Playwright to drive it.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise CheremeError("this bench drives a browser; pip install playwright") from None
    wanted = os.environ.get("CHEREME_BROWSER")
    found = next(filter(None, map(shutil.which, [wanted] if wanted else CANDIDATES)), None)
    if found is None:
        raise CheremeError("no Chromium here; `sh scripts/browser.sh` says how to get it")
    arguments = ["--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    if webcam is not None:
        arguments.append(f"--use-file-for-fake-video-capture={webcam}")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


def webcam_film(images: Iterable[Image], path: Path) -> None:
    """Pictures as the film (`.mjpeg`) that Chromium plays for a camera."""
    with path.open("wb") as out:
        for image in images:
            picture = io.BytesIO()
            Pillow.fromarray(image).save(picture, "JPEG", quality=90)
            out.write(picture.getvalue())
