"""Several producers of one language as one: recorded signs first, trained ones for what was never recorded."""

from collections.abc import Iterable

from chereme.errors import CheremeError
from chereme.gloss.names import loose
from chereme.produce.producer import Producer, clip_of
from chereme.types import PoseSequence

__all__ = ["SeveralProducers"]


class SeveralProducers:
    """Each gloss is signed by the first that knows it; one that is written alike but for case and accents is the same.

    Args:
        producers: in the order in which they are asked.
    """

    def __init__(self, producers: Iterable[Producer]) -> None:
        self._who: dict[str, Producer] = {}
        taken: set[str] = set()
        for producer in producers:
            new = {name: producer for name in producer.glosses if loose(name) not in taken}
            taken |= {loose(name) for name in new}
            self._who |= new

    @property
    def glosses(self) -> tuple[str, ...]:
        """All names that can be asked for."""
        return tuple(self._who)

    def who(self, gloss: str) -> Producer:
        """Which of them signs one of `glosses`.

        Raises:
            CheremeError: none does.
        """
        try:
            return self._who[gloss]
        except KeyError:
            raise CheremeError(f"{gloss}: nobody here can sign it") from None

    def produce(self, gloss: str, fps: float = 25.0, size: tuple[int, int] = (1280, 720)) -> PoseSequence:
        """One sign to be joined to others: a recorded one as it was recorded, whatever rate and size are asked for.

        Raises:
            CheremeError: none knows the gloss.
        """
        return clip_of(self.who(gloss), gloss, fps, size)
