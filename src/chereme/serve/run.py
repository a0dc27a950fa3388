"""Serve the application: find a port, say where it is, open the browser, end cleanly on Ctrl-C."""

import os
import socket
import threading
import webbrowser
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from chereme.errors import CheremeError
from chereme.serve.app import create_app
from chereme.serve.guard import LOOPBACK
from chereme.serve.refusals import RefusedError
from chereme.serve.service import Service
from chereme.serve.settings import AslSettings, ServeSettings
from chereme.serve.work import warm_up

__all__ = ["listen", "run"]

_NEXT_PORTS = 20
_KEPT = 60
"""Seconds that a connection stays open between two requests: a desk is used now and then."""
_LARGEST_MESSAGE = 2_000_000
"""Bytes of a stream's message: a few seconds of landmarks as JSON."""


def run(
    settings: ServeSettings,
    asl: AslSettings | None = None,
    *,
    exact_port: bool = False,
    browser: bool = False,
    say: Callable[[str], None] = print,
) -> None:
    """Serve until Ctrl-C.

    Args:
        settings: what to serve, and where.
        asl: the same for fingerspelling; None: read from the environment and `.env`.
        exact_port: the port was asked for by name, so another will not do.
        browser: open the page when the service answers.
        say: takes each line meant for the user.

    Raises:
        CheremeError: nothing can listen at that address.
    """
    with listen(settings.host, settings.port, exact_port) as socket_:
        port = socket_.getsockname()[1]
        if settings.port not in (0, port):
            say(f"port {settings.port} is taken; using {port} instead")
        local = settings.host in LOOPBACK | {"::1", "0.0.0.0", "::"}
        address = f"http://{'127.0.0.1' if local else settings.host}:{port}/"
        app = create_app(_by_that_name(settings), asl)
        service = app.state.service
        try:
            name = service.recognizer.bundle.name
            say(f"chereme recognizes with {name}; the page and API are at {address}")
        except RefusedError as refused:  # it is shown on the page as well
            say(f"no recognizer: {refused.detail}")
            say(f"the page is at {address}")
        try:
            say(f"letters of a hand are recognized with {service.spelling.ready().bundle.name}")
        except RefusedError as refused:
            say(f"no fingerspelling: {refused.detail}")
        if settings.host not in LOOPBACK | {"::1"}:
            say(f"others on this network can reach it: anybody may ask, {_writers(settings)} may add or remove signs")
            say("it has no encryption of its own; a proxy with TLS before it keeps what is sent from being read")
        say("Ctrl-C ends it")
        config = uvicorn.Config(
            app,
            log_level="warning",
            ws="websockets-sansio",
            ws_max_size=_LARGEST_MESSAGE,
            server_header=False,
            timeout_keep_alive=_KEPT,
            timeout_graceful_shutdown=3,
        )

        def started() -> None:
            threading.Thread(target=_warm_up, args=[service], daemon=True).start()
            if browser:
                webbrowser.open(address)

        server = _Server(config, started)
        with suppress(KeyboardInterrupt):  # uvicorn raises it again when it has closed everything
            server.run(sockets=[socket_])


def listen(host: str, port: int, exact: bool = False) -> socket.socket:
    """A socket that listens at the port, or at one of the next when it is taken and `exact` is not set.

    Raises:
        CheremeError: none of them can be had, or no such address.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise CheremeError(f"{host}: no such address ({error}); 127.0.0.1 is this machine") from error
    last = port if exact or port == 0 else min(port + _NEXT_PORTS, 65535)
    for candidate in range(port, last + 1):
        # with the protocol named asyncio sends at once; else the body of an answer waits 40 ms for its head's receipt
        made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        # a service that ended just now must not keep its port for a minute
        if os.name == "posix":  # elsewhere the option would take the port from under another service
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((address[0], candidate, *address[2:]))
            made.listen(128)
        except OSError as error:
            made.close()
            reason = error.strerror
            continue
        return made
    tried = f"port {port} is" if last == port else f"ports {port} to {last} are"
    raise CheremeError(f"{host}: {tried} not to be had ({reason}); choose another with --port, 0 takes any free one")


class _Server(uvicorn.Server):
    """Calls back once it answers."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], object]) -> None:
        super().__init__(config)
        self._when_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._when_started()


def _writers(settings: ServeSettings) -> str:
    return "only who sends the token" if settings.token.get_secret_value() else "only this machine itself"


def _by_that_name(settings: ServeSettings) -> ServeSettings:
    """Settings under which the host that it listens on is one that it goes by."""
    wide = settings.host in {"0.0.0.0", "::"}
    if settings.hosts or settings.host in LOOPBACK:
        return settings
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    return settings.model_copy(update={"hosts": "*" if wide else shown})


def _warm_up(service: Service) -> None:
    """Load what the first requests need, once the service answers."""
    for load in (service.warm_up, warm_up):
        with suppress(CheremeError, ImportError):  # the first request will say so
            load()
