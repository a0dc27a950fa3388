"""What the requests of one application share: models, lexicons, worker threads, a private folder."""

import tempfile
import threading
from collections.abc import Callable
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from chereme import __version__
from chereme.bundle import Bundle, find_bundle, list_bundles
from chereme.errors import CheremeError
from chereme.recognize import DEFAULT_ENCODER, Recognizer
from chereme.serve.answers import Health, Limits, Model
from chereme.serve.asl import Fingerspelling
from chereme.serve.assets import Assets
from chereme.serve.metrics import Metrics
from chereme.serve.recognitions import Recognitions
from chereme.serve.refusals import RefusedError
from chereme.serve.settings import AslSettings, ServeSettings
from chereme.serve.stream import Streams
from chereme.serve.workers import Workers

if TYPE_CHECKING:  # these load the lexicon's database and all that draws: not before somebody asks
    from chereme.serve.lexicons import Lexicons
    from chereme.serve.lookup import Dictionary
    from chereme.serve.productions import Productions
    from chereme.serve.samples import Samples

__all__ = ["Service"]

T = TypeVar("T")


class Service:
    """What the requests of one application share."""

    def __init__(self, settings: ServeSettings, asl: AslSettings) -> None:
        self.settings = settings
        self.workers = Workers(settings.workers, settings.waiting)
        self._folder = tempfile.TemporaryDirectory(
            prefix="chereme-", dir=settings.temporary, ignore_cleanup_errors=True
        )
        self.folder = Path(self._folder.name)
        """For uploads; only this user may look into it, and it goes with the service."""
        self._recognizer: Recognizer | CheremeError
        try:
            self._recognizer = Recognizer.load(settings.bundle)
        except CheremeError as error:
            self._recognizer = error
        self.spelling = Fingerspelling(asl, settings, self.workers, self.folder)
        spells = [] if self.spelling.state == "no model" else [self.spelling.speller.bundle]
        recognizes = [] if isinstance(self._recognizer, CheremeError) else [self._recognizer.bundle]
        self.assets = Assets([*recognizes, *spells], self.folder)
        self._made: dict[str, Any] = {}
        self._making = threading.RLock()
        self.recognitions = Recognitions(
            settings, self.workers, self.folder, lambda: self.recognizer, lambda: self.lexicons
        )
        self.metrics = Metrics(self.workers)
        self.streams = Streams(settings, self.workers, lambda: self.recognizer, lambda: self.lexicons, self.metrics)

    def _once(self, name: str, make: Callable[[], T]) -> T:
        """What is made when it is first asked for, so that the service is there at once; `warm_up` asks."""
        with self._making:
            if name not in self._made:
                self._made[name] = make()
            made: T = self._made[name]
            return made

    @property
    def samples(self) -> "Samples":
        def make() -> "Samples":
            from chereme.serve.samples import Samples

            known = () if isinstance(self._recognizer, CheremeError) else self._recognizer.bundle.labels
            return Samples(self.settings.decoder, known, self.folder)

        return self._once("samples", make)

    @property
    def lexicons(self) -> "Lexicons":
        def make() -> "Lexicons":
            from chereme.serve.lexicons import Lexicons

            return Lexicons(self.settings.lexicon_place)

        return self._once("lexicons", make)

    @property
    def productions(self) -> "Productions":
        def make() -> "Productions":
            from chereme.serve.productions import Productions

            return Productions(self.lexicons, self.settings, self.folder)

        return self._once("productions", make)

    @property
    def dictionary(self) -> "Dictionary":
        def make() -> "Dictionary":
            from chereme.serve.lookup import Dictionary

            return Dictionary(self.lexicons, self.productions, self.settings, self.workers, self.folder)

        return self._once("dictionary", make)

    def warm_up(self) -> None:
        """Make what the first request would have to wait for."""
        _ = self.samples, self.dictionary

    @property
    def recognizer(self) -> Recognizer:
        """Raises RefusedError when the bundle could not be opened at the start."""
        if isinstance(self._recognizer, CheremeError):
            raise RefusedError("no_bundle", str(self._recognizer).partition("; ")[0])
        return self._recognizer

    def health(self, status: Any) -> Health:
        s = self.settings
        limits = Limits(megabytes=s.max_upload_mb, seconds=s.max_seconds, megapixels=s.max_megapixels)
        return Health(status=status, version=__version__, limits=limits, asl=self.spelling.state)

    def models(self) -> list[Model]:
        """What answers, the recognizer of clips first."""
        found = [_described(self.recognizer.bundle, "recognizer")]
        if self.spelling.state != "no model":
            spells = self.spelling.speller.bundle
            ship = [Bundle.load(folder, "speller") for folder in list_bundles("speller") if folder.name != spells.name]
            found += [_described(spells, "speller"), *(_described(one, "speller", default=False) for one in ship)]
        if (encoder := self._encoder) is not None:
            found.append(_described(encoder, "encoder"))
        for producers in self.productions.trained.values():
            found += [_producer(one.about, number == 0) for number, one in enumerate(producers)]
        return found

    @cached_property
    def _encoder(self) -> Bundle | None:
        """What embeds clips; it is not made ready for that."""
        try:
            return Bundle.load(find_bundle(DEFAULT_ENCODER))
        except CheremeError:
            return None

    def close(self) -> None:
        self.workers.close()
        self.spelling.close()
        with self._making:
            if (lexicons := self._made.pop("lexicons", None)) is not None:
                lexicons.close()
        self._folder.cleanup()


def _described(bundle: Bundle, kind: Any, default: bool = True) -> Model:
    return Model(
        kind=kind,
        name=bundle.name,
        default=default,
        language=bundle.language,
        labels=list(bundle.labels),
        layout=bundle.layout.name,
        # what a portal's checkpoint was converted to is let go of once it is loaded
        bytes=bundle.onnx_path.stat().st_size if bundle.onnx_path.is_file() else None,
        use=bundle.card.use,
        card=asdict(bundle.card),
        scores=dict(bundle.scores),
    )


def _producer(about: dict[str, Any], first: bool) -> Model:
    return Model(
        kind="producer",
        name=about["name"],
        default=first,
        language=about["language"],
        labels=list(about["glosses"]),
        layout=about.get("layout", ""),
        bytes=None,
        use=about["card"].get("use", ""),
        card=about["card"],
        scores=about.get("scores", {}),
    )
