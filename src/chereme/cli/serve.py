"""`chereme serve`: the page and API on this machine."""

import click


@click.command(name="serve")
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1, this machine only]")
@click.option("--port", type=click.IntRange(0, 65535), help="0 takes any free one.  [default: 8765, or the next free]")
@click.option("--bundle", help="Recognizer: a folder, or the name of one that ships.  [default: isl43]")
@click.option("--open/--no-open", "browser", default=None, help="Open the page.  [default: when run by hand]")
def command(host: str | None, port: int | None, bundle: str | None, browser: bool | None) -> None:
    """Serve a page and an API on this machine: clips in, words out.

    Drop a video on the page or sign to the webcam. Nothing that is sent is kept or passed on. Ctrl-C ends it.
    Further settings are environment variables that begin with CHEREME_, those of fingerspelling with ASL_, or lines
    of a `.env` file.
    """
    import os
    import sys

    # requests are worked on side by side; OpenBLAS's own threads would only spin beside them, for longer than they work
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from chereme.serve import run
    from chereme.serve.settings import read_asl_settings, read_settings

    settings, asl = read_settings(host=host, port=port, bundle=bundle), read_asl_settings()
    by_hand = sys.stdin.isatty() and sys.stdout.isatty()
    run(settings, asl, exact_port=port is not None, browser=by_hand if browser is None else browser, say=click.echo)
