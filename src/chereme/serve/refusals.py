"""What the service answers when it cannot do as asked: a status, a code for programs, one line for people."""

from dataclasses import dataclass

from chereme.errors import CheremeError, ClipError, LayoutError, TooLargeError, UnseenError

__all__ = ["ADVICE", "RefusedError", "refusal_of"]

ADVICE = {
    "empty": (400, "choose the file again"),
    "form": (400, "send a multipart form with the clip in the field `file`"),
    "json": (400, "send JSON as GET /api/v1/openapi.json describes it"),
    "damaged": (400, "play it to see whether it is whole, or convert it to H.264 in mp4"),
    "token": (401, "send it in a header, `Authorization: Bearer TOKEN`"),
    "not_here": (403, "write from the machine itself, or start the service with a token in CHEREME_TOKEN"),
    "shipped": (403, "add a clip of yours to the lexicon instead"),
    "unknown_host": (403, "call the service by the address that it printed, or name this host in CHEREME_HOSTS"),
    "elsewhere": (403, "open the service's own page; other pages may not use it"),
    "no_address": (404, "GET /api/v1/openapi.json lists those there are"),
    "unknown_bundle": (404, "GET /api/v1/models lists those there are"),
    "no_sample": (404, "GET /api/v1/samples lists those there are"),
    "no_entry": (404, "GET /api/v1/lexicon lists those there are"),
    "no_pose": (404, "add a clip of the sign to the lexicon"),
    "no_work": (404, "it is named by the header X-Work of the request, and known only as long as that runs"),
    "no_method": (405, "GET /api/v1/openapi.json says what each address takes"),
    "slow_upload": (408, "try again, or send a shorter clip"),
    "known": (409, "nothing need be done"),
    "cancelled": (409, "ask again when it is wanted"),
    "too_large": (413, "send a smaller one; one word takes two or three seconds"),
    "too_many": (413, "POST a clip to /api/v1/lexicon/search instead"),
    "too_long": (413, "cut it to the one word; that takes two or three seconds"),
    "long_text": (413, "send it in parts"),
    "unknown_type": (415, "send a video (mp4, webm, mov, mkv, avi), a picture (jpg, png, webp) or a .pose"),
    "nobody": (422, "show one person from head to hips, in good light"),
    "no_sign": (422, "say it in other words, have it spelled with `spell`, or add the signs to the lexicon"),
    "query": (422, "GET /api/v1/openapi.json describes what is taken"),
    "no_file": (422, "send a multipart form with the picture in the field `file`"),
    "no_hand": (422, "raise at least one hand and keep it inside the picture, in good light"),
    "landmarks_missing": (422, "extract it again with the layout that the model reads, see GET /api/v1/models"),
    "busy": (429, "try again in a few seconds"),
    "internal": (500, "the log of the service says more; please report it"),
    "no_lexicon": (503, "name another file with CHEREME_SERVE_LEXICON, then start again"),
    "no_producer": (503, "name another language with `signs`, or add signs of it to the lexicon"),
    "no_bundle": (503, "name a bundle with CHEREME_BUNDLE or `chereme serve --bundle`, then start again"),
    "no_engine": (503, "install chereme again, `pip install --force-reinstall chereme`, then start again"),
    "no_speller": (503, "name a speller's bundle or a portal checkpoint with ASL_CLASSIFIER_PATH, then start again"),
}
"""Code to its HTTP status and to what the caller can do about it."""


@dataclass
class RefusedError(Exception):
    """An answer that is not the one hoped for.

    Args:
        code: one of `ADVICE`.
        what: what is wrong, and with which file; what to do next is added.
        advice: what to do next, where that of `ADVICE` does not fit.
    """

    code: str
    what: str
    advice: str = ""

    @property
    def status(self) -> int:
        return ADVICE[self.code][0]

    @property
    def detail(self) -> str:
        return f"{self.what}; {self.advice or ADVICE[self.code][1]}"


def refusal_of(error: CheremeError, path: str, shown: str) -> RefusedError:
    """The refusal that an error of another stage is for the caller of the service.

    The error names the temporary file and ends in advice for the command line: the caller reads the name
    that they gave, and advice that fits.
    """
    what = str(error).replace(path, "\0").partition("; ")[0].replace("\0", shown)  # a name may hold a semicolon
    match error:
        case UnseenError():
            code = "nobody" if "nobody" in what else "no_hand"
        case TooLargeError():
            code = "too_large"
        case LayoutError():
            code = "landmarks_missing"
        case ClipError():
            code = "empty" if "the file is empty" in what else "damaged"
        case _:
            code = "internal"
    return RefusedError(code, what if shown in what else f"{shown}: {what}")
