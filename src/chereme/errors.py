"""Every error that chereme raises on purpose: one clear line that says what, where and what next.

A caller that works through many clips catches `CheremeError`, notes the line and goes on; anything else
that comes up is a bug of ours and keeps its traceback.
"""

__all__ = [
    "BundleError",
    "CheremeError",
    "ClipError",
    "CollectError",
    "KnownEntryError",
    "LayoutError",
    "LexiconError",
    "ManifestError",
    "MarkupError",
    "MissingExtraError",
    "PoseFileError",
    "RecipeError",
    "ReviewError",
    "ServiceError",
    "SplitError",
    "StoreError",
    "TooLargeError",
    "TrainingError",
    "UnseenError",
]


class CheremeError(Exception):
    """Base of all expected failures; its text is fit to be shown to a person as it is."""


class ClipError(CheremeError):
    """A video or picture cannot be used: not a video, truncated, empty, nobody in it."""


class UnseenError(ClipError):
    """A video or picture is sound, but shows nobody, or no hand."""


class TooLargeError(ClipError):
    """A video or picture has more pixels, or lasts longer, than is read; or signing would last longer than is made."""


class PoseFileError(ClipError):
    """A `.pose` file cannot be read."""


class LayoutError(CheremeError):
    """Landmarks that are needed are not in the sequence; the text names them."""


class RecipeError(CheremeError):
    """A recipe holds an unknown key or a value out of range."""


class ManifestError(CheremeError):
    """A manifest or data set folder contradicts itself."""


class SplitError(CheremeError):
    """A split cannot be made, or leaves a class without training or test clips."""


class CollectError(CheremeError):
    """A source of clips is unknown, or what was collected of it cannot be read."""


class MarkupError(CollectError):
    """A page lacks what its source is known to have; the text names the selector that found nothing."""


class ReviewError(CheremeError):
    """What people decided on clips cannot be kept, read or brought together."""


class StoreError(CheremeError):
    """A packed store is missing, damaged, or made for another layout."""


class BundleError(CheremeError):
    """A bundle lacks a file, holds a foreign one, or does not fit the input."""


class LexiconError(CheremeError):
    """A lexicon is missing, damaged or none, or has not got what was asked of it."""


class KnownEntryError(LexiconError):
    """A clip is in the lexicon already, under the same sign."""


class ServiceError(CheremeError):
    """The service refuses what a client asks for, or cannot be reached.

    Args:
        detail: what, where and what next.
        code: the service's word for it, as `no_hand`; empty: it did not answer.
        status: of HTTP; 0: it did not answer.
    """

    def __init__(self, detail: str, code: str = "", status: int = 0) -> None:
        super().__init__(detail)
        self.code = code
        self.status = status


class TrainingError(CheremeError):
    """Training cannot start or continue."""


class MissingExtraError(CheremeError):
    """An optional part of chereme is not installed.

    Args:
        extra: name of the extra that holds it, as in `pip install 'chereme[train]'`.
        needed_for: what the user was about to do.
    """

    def __init__(self, extra: str, needed_for: str) -> None:
        super().__init__(f"{needed_for} needs more packages; pip install 'chereme[{extra}]'")
