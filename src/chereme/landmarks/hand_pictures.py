"""Pictures of hands to landmarks, many at once in several processes, and on to a packed store."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from chereme.dataset.store import Store, pack
from chereme.errors import CheremeError, ClipError
from chereme.landmarks.hands import HandConfig, HandFinder, as_sequence
from chereme.landmarks.picture import decode_picture, read_picture
from chereme.landmarks.processes import Crash, cores, crash_line, fault, in_processes
from chereme.types import Clip, PoseSequence

__all__ = ["Picture", "find_hands", "hands_of_pictures", "store_of_pictures"]


@dataclass(frozen=True)
class Picture:
    """A picture to look at."""

    name: str
    """Stands in errors; where there is no content, the path."""
    content: bytes | None = None
    """The file's bytes; None: read it from the path `name`."""


def find_hands(
    pictures: Iterable[Picture], config: HandConfig | None = None, workers: int | None = None
) -> Generator[tuple[Picture, PoseSequence | str], None, None]:
    """The hands of many pictures, each as one frame of layout `hands_42`, in the order in which they are found.

    Args:
        pictures: read as processes become free, so they may be many.
        config: settings; None: the defaults.
        workers: processes; None: one per core.

    Yields:
        Each picture with its sequence, NaN throughout where there is no hand, or with why it could not be read.
    """
    work = partial(_begin, config or HandConfig())
    with closing(in_processes(pictures, work, workers or cores())) as done:
        for picture, answer in done:
            yield picture, crash_line(picture.name, answer) if isinstance(answer, Crash) else answer


def hands_of_pictures(
    pictures: Iterable[tuple[Clip, bytes]], config: HandConfig | None = None, workers: int | None = None
) -> Iterator[tuple[Clip, PoseSequence]]:
    """Clips with the hands of their pictures, in the order in which they came.

    A picture without a hand is NaN throughout: it stays in, so that a score can count it as wrong.

    Args:
        pictures: clips with the bytes of their picture files, as a set of `PICTURE_SETS` yields them.
        config: settings; None: the defaults.
        workers: processes; None: one per core.

    Raises:
        ClipError: a picture cannot be read.
    """
    waiting: dict[str, Clip] = {}  # in the order in which they came
    found: dict[str, PoseSequence] = {}

    def read() -> Iterator[Picture]:
        for clip, content in pictures:
            waiting[clip.id] = clip
            yield Picture(clip.id, content)

    with closing(find_hands(read(), config, workers)) as done:
        for picture, sequence in done:
            if isinstance(sequence, str):
                raise ClipError(sequence)
            found[picture.name] = sequence
            for name in list(waiting):
                if name not in found:
                    break
                yield waiting.pop(name), found.pop(name)


def store_of_pictures(
    pictures: Iterable[tuple[Clip, bytes]],
    folder: str | Path,
    config: HandConfig | None = None,
    workers: int | None = None,
    watch: Callable[[Iterator[tuple[Clip, PoseSequence]]], Iterable[tuple[Clip, PoseSequence]]] = iter,
) -> Store:
    """Find the hands of a set of pictures and pack them: layout `hands_42`, one frame a clip.

    Args:
        pictures: see `hands_of_pictures`.
        folder: of the store; one that stands there is replaced.
        config: settings; None: the defaults.
        workers: processes; None: one per core.
        watch: wraps the iteration, to show progress.

    Raises:
        ClipError: a picture cannot be read.
        StoreError: see `chereme.dataset.store.pack`.
    """
    return pack(watch(hands_of_pictures(pictures, config, workers)), folder)


def _begin(config: HandConfig) -> Callable[[Picture], PoseSequence | str]:
    finder = HandFinder(config)
    return lambda picture: _look(finder, picture)


def _look(finder: HandFinder, picture: Picture) -> PoseSequence | str:
    try:
        if picture.content is None:
            image, size = read_picture(picture.name)
        else:
            image, size = decode_picture(picture.content, picture.name)
        return as_sequence(finder.find(image), image, size)
    except CheremeError as error:
        return str(error)
    except Exception as error:
        return fault(picture.name, error)
