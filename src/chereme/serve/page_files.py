"""The files of the page, as web/ builds them: packed once, kept by browsers, and whole for those who cannot unpack."""

import gzip
import mimetypes
import os
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

__all__ = ["PAGE", "PageFiles"]

# some systems call scripts plain text, and a browser told not to sniff would refuse them
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("application/wasm", ".wasm")
mimetypes.add_type("application/manifest+json", ".webmanifest")

PAGE = Path(__file__).parent / "page"
_UNBUILT = Path(__file__).parent / "unbuilt"

_FOREVER = "public, max-age=31536000, immutable"


class PageFiles(StaticFiles):
    """Answers with `name`, or with `name.gz` for those who can unpack it, unpacked for others.

    What lies in `assets/` has its content's hash in its name, so it never changes; the rest is asked for again each
    time, and answered with 304 while it is the same.

    Args:
        folder: of a built page; where there is none, one that says how to build it is shown instead.
    """

    def __init__(self, folder: Path = PAGE) -> None:
        built = any((folder / name).is_file() for name in ("index.html", "index.html.gz"))
        super().__init__(directory=folder if built else _UNBUILT, html=True)

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        found = super().lookup_path(path)
        return super().lookup_path(f"{path}.gz") if found[1] is None else found

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        answer = super().file_response(full_path, stat_result, scope, status_code)
        if Path(full_path).suffix == ".gz":
            if "gzip" in Headers(scope=scope).get("accept-encoding", ""):
                answer.headers["Content-Encoding"] = "gzip"
            elif answer.status_code == 200:
                answer = Response(gzip.decompress(Path(full_path).read_bytes()), media_type=answer.media_type)
            answer.headers["Vary"] = "Accept-Encoding"
        kept = Path(full_path).parent.name == "assets"
        answer.headers["Cache-Control"] = _FOREVER if kept else "no-cache"
        return answer
