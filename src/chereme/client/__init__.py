"""A client of the service, for Python: `from chereme import Client`."""

from chereme.client.client import Client
from chereme.client.stream import Stream

__all__ = ["Client", "Stream"]
