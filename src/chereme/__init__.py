"""chereme: sign-language video into words, and words into signing, for any signed language."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chereme.client import Client

__all__ = ["Client", "__version__"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """`chereme.Client`, loaded when it is asked for: nothing else here needs httpx."""
    if name == "Client":
        from chereme.client import Client

        return Client
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
