"""Who may change what the service keeps: whoever has its token, or this machine where it has none."""

import secrets
from ipaddress import ip_address

from starlette.requests import Request

from chereme.serve.guard import LOOPBACK
from chereme.serve.refusals import RefusedError
from chereme.serve.settings import ServeSettings

__all__ = ["check_writer"]

_OF_PROXIES = ("x-forwarded-for", "forwarded", "via", "x-real-ip")


def check_writer(request: Request, settings: ServeSettings) -> None:
    """Refuse a request that may not write.

    A proxy on this machine makes everybody look near, so the name that was called must be one of this machine, too.

    Raises:
        RefusedError: no token, or a wrong one; or, where there is none, from elsewhere.
    """
    token = settings.token.get_secret_value()
    if token:
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not secrets.compare_digest(given.strip().encode("latin-1"), token.encode()):
            raise RefusedError("token", "no token came" if not given else "that is not the token of this service")
        return
    if not _is_near(request):
        raise RefusedError("not_here", "this service is changed from its own machine alone")


def _is_near(request: Request) -> bool:
    name = request.headers.get("host", "").lower()
    name = name.rpartition(":")[0] if name.rpartition(":")[2].isdecimal() and ":" in name else name
    try:
        near = request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:  # no address of a network
        near = False
    return near and name in LOOPBACK and not any(header in request.headers for header in _OF_PROXIES)
