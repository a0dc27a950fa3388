"""Clips to try, drawn by chereme itself: a decoder signs a word, a figure is drawn, the film is served."""

import tempfile
import threading
from pathlib import Path

from chereme.errors import CheremeError
from chereme.produce import Decoder
from chereme.render import draw_signer, write_video
from chereme.serve.refusals import RefusedError

__all__ = ["Samples"]


class Samples:
    """Films of the words that a decoder knows; each is drawn when first asked for and kept in memory.

    Args:
        decoder: a bundle's folder or name; where it cannot be opened there are no samples, which is no fault.
        known: words that the recognizer knows; others would only puzzle.
        folder: for a film while it is drawn.
    """

    def __init__(self, decoder: str, known: tuple[str, ...], folder: Path) -> None:
        self._folder = folder
        self._films: dict[str, bytes] = {}
        self._drawing = threading.Lock()
        self.seconds: dict[str, float] = {}
        """Gloss to duration, the ones to show first at the front."""
        try:
            self._decoder = Decoder.load(decoder)
        except CheremeError:
            return
        lasting = dict(zip(self._decoder.glosses, self._decoder.about["seconds"], strict=True))
        first = dict.fromkeys([*self._decoder.demo, *self._decoder.glosses])
        self.seconds = {gloss: lasting[gloss] for gloss in first if gloss in known}

    def film(self, gloss: str) -> bytes:
        """A sample as mp4.

        Raises:
            RefusedError: there is none of that name.
        """
        if gloss not in self.seconds:
            raise RefusedError("no_sample", f"{gloss[:60]!r} is no sample")
        with self._drawing:
            if gloss not in self._films:
                signed = self._decoder.produce(gloss)
                with tempfile.TemporaryDirectory(dir=self._folder) as folder:
                    path = Path(folder) / "sample.mp4"
                    write_video(draw_signer(signed), path, signed.fps)
                    self._films[gloss] = path.read_bytes()
            return self._films[gloss]
