"""What surrounds every request: which hosts and pages may call, and headers that keep the page to itself."""

import logging
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chereme.serve.refusals import RefusedError

__all__ = ["HEADERS", "LOOPBACK", "Guard"]

_log = logging.getLogger("uvicorn.error")  # what the service's own log goes to

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})

HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval'",  # for WebAssembly only, not for eval
            "worker-src 'self'",
            "manifest-src 'self'",
            "style-src 'self'",
            "img-src 'self' blob:",
            "media-src 'self' blob:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""On every answer: the page can load nothing from elsewhere and send nothing there, and nothing is cached but the
files of the page and the engine, which say so themselves."""


class Guard:
    """Lets a request through when it names a host we go by and does not come from another site's page.

    What breaks behind it is logged, and answered in the form of a refusal.

    Without the first check a page elsewhere could point a name of its own at this machine and read the
    answers; without the second it could make the machine work.

    Args:
        app: what is guarded.
        hosts: names besides this machine's own; `*` lets any through.
        origins: web pages that may call besides its own; what they may read, CORS headers have to say.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = (), origins: Iterable[str] = ()) -> None:
        self.app = app
        self.origins = frozenset(origins)
        self.hosts = LOOPBACK | {h.strip().lower() for h in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            if self._refusal(Headers(scope=scope)):  # a page elsewhere could open one without asking
                await receive()
                await send({"type": "websocket.close", "code": 1008})
            else:
                await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    if name != "Cache-Control" or name not in headers:
                        headers[name] = value
            await send(message)

        refused = self._refusal(Headers(scope=scope))
        if refused is None:
            try:
                await self.app(scope, receive, send_with_headers)
                return
            except Exception:
                if begun:
                    raise
                _log.exception("a request could not be answered")
                refused = RefusedError("internal", "something broke here that should not")
        answer = JSONResponse({"code": refused.code, "detail": refused.detail}, refused.status)
        await answer(scope, receive, send_with_headers)

    def _refusal(self, headers: Headers) -> RefusedError | None:
        host = headers.get("host", "").lower()
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() and ":" in host else host
        if "*" not in self.hosts and name not in self.hosts:
            return RefusedError("unknown_host", f"{name[:80] or 'no host'!r} is not a name of this service")
        origin = headers.get("origin", "")
        if origin in self.origins:
            return None
        if headers.get("sec-fetch-site", "none") in ("cross-site", "same-site"):
            # a link that a person follows to the page is no harm
            followed = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
            if not followed:
                return RefusedError("elsewhere", "the request comes from a page of another site")
        if origin and origin.partition("://")[2].lower() != host:
            return RefusedError("elsewhere", "the request comes from a page of another site")
        return None
