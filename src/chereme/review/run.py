"""Serve the page of a review until Ctrl-C."""

import webbrowser
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from chereme.review.app import create_review
from chereme.review.session import Session
from chereme.serve.run import listen

__all__ = ["run_review"]

HOST, PORT = "127.0.0.1", 8775


def run_review(
    session: Session, port: int | None = None, browser: bool = False, say: Callable[[str], None] = print
) -> None:
    """Serve until Ctrl-C, on this machine alone: clips are of people, and a decision is its reviewer's own.

    Args:
        session: what is reviewed.
        port: None: 8775, or the next that is free; 0: any.
        browser: open the page.
        say: takes each line meant for the user.

    Raises:
        CheremeError: nothing can listen at that port.
    """
    with listen(HOST, PORT if port is None else port, exact=port is not None) as socket:
        address = f"http://{HOST}:{socket.getsockname()[1]}/"
        say(f"{len(session.clips)} clips of {len(session.words)} words; {session.reviewer} reviews at {address}")
        say("each decision is kept at once; Ctrl-C ends it")
        config = uvicorn.Config(
            create_review(session), log_level="warning", ws="none", server_header=False, timeout_graceful_shutdown=3
        )
        if browser:
            webbrowser.open(address)  # the socket listens already: the page waits until the server answers
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[socket])
