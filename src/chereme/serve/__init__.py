"""The page and API on one's own machine: a clip comes in, ranked words go out, nothing is kept.

A picture of a hand gets its letter, too.

`create_app` makes the application, `run` serves it.
"""

from chereme.serve.app import create_app
from chereme.serve.run import run
from chereme.serve.settings import AslSettings, ServeSettings

__all__ = ["AslSettings", "ServeSettings", "create_app", "run"]
