"""Text or glosses to signing: by recorded signs of the lexicon, by trained producers, letter by letter."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Literal

from chereme.bundle import list_bundles
from chereme.errors import CheremeError, LexiconError, TooLargeError
from chereme.gloss import PhraseBook, find_name, text_to_gloss
from chereme.poses import pose_to_bytes
from chereme.produce import (
    Decoder,
    JoinConfig,
    Joined,
    PhrasePlan,
    Producer,
    RecordedSigns,
    SeveralProducers,
    open_bundle,
    plan_phrase,
    sign_phrase,
)
from chereme.produce.generate import Generator
from chereme.render import draw_pose, write_video
from chereme.serve.landmarks import landmarks_json
from chereme.serve.lexicons import Lexicons
from chereme.serve.refusals import RefusedError
from chereme.serve.settings import ServeSettings
from chereme.serve.signing import SentPhrase
from chereme.serve.workers import Work
from chereme.types import PoseSequence

__all__ = ["Productions", "by_whom", "film"]

SPOKEN = {"eng": "en", "por": "pt"}
"""Languages of texts: ISO 639-3 to 639-1."""
_SPOKEN_WITH = {"bzs": "por"}
"""Signed language to the spoken one around it; else English."""
_BOOK = "health"
_LONGEST = 200
"""Letters of a gloss; each may be spelled."""


class Productions:
    """What requests for signing share.

    Args:
        lexicons: whose own lexicon's recorded signs come first.
        settings: how much is signed; and the bundle that is asked before others of its language, which is the one that
            is signed where none is named.
        folder: for films while they are drawn.
    """

    def __init__(self, lexicons: Lexicons, settings: ServeSettings, folder: Path) -> None:
        self.lexicons, self.folder = lexicons, folder
        self.max_signs, self.max_seconds = settings.max_signs, settings.max_signing_seconds
        self.trained: dict[str, list[Decoder | Generator]] = {}
        """Signed language to trained producers, in the order in which they are asked."""
        self.default = ""
        self._kept: dict[str, tuple[tuple[int, ...], SeveralProducers]] = {}
        self._lock = threading.Lock()
        ship: list[str | Path] = [folder for kind in ("decoder", "producer") for folder in list_bundles(kind)]
        for bundle in [settings.decoder, *ship]:
            self._take(bundle)

    def _take(self, folder: str | Path) -> None:
        try:
            producer = open_bundle(folder)
        except CheremeError:  # where none can be opened nothing is signed by it, which is no fault
            return
        assert isinstance(producer, Decoder | Generator), "there is no other kind"
        language = producer.about["language"]
        known = self.trained.setdefault(language, [])
        if all(one.about["name"] != producer.about["name"] for one in known) and producer.glosses:
            known.append(producer)
        self.default = self.default or language

    @property
    def languages(self) -> list[str]:
        """Signed languages that somebody here signs."""
        return list(self.trained)

    def signer(self, language: str) -> SeveralProducers:
        """All who sign a language, as one.

        Raises:
            RefusedError: nobody does.
        """
        revision = self.lexicons.revision()
        with self._lock:
            kept = self._kept.get(language)
            if kept is None or kept[0] != revision:
                kept = revision, SeveralProducers(self._producers(language))
                if not kept[1].glosses:  # nor is it kept: anybody may make up languages
                    raise RefusedError("no_producer", f"nobody here signs {language[:20]!r}")
                self._kept[language] = kept
        return kept[1]

    def _producers(self, language: str) -> Iterator[Producer]:
        if (own := self.lexicons.own()) is not None:
            with suppress(LexiconError):  # it holds no landmarks of that language
                yield RecordedSigns(own, language)
        yield from self.trained.get(language, ())

    def trained_as(self, gloss: str, language: str) -> tuple[Producer, str] | None:
        """The trained producer that would sign a gloss, and the name that it has there; None: none does."""
        for producer in self.trained.get(language, ()):
            if (name := find_name(gloss, producer.glosses)) is not None:
                return producer, name
        return None

    def produce(self, asked: SentPhrase, work: Work) -> tuple[Joined, dict[str, Any]]:
        """The signing, and what is told of it beside the landmarks.

        Raises:
            RefusedError: nothing of it can be signed; too many signs, or too long; no such language.
        """
        language = asked.signs.lower() or self.default
        signer = self.signer(language)
        glosses = self._glosses(asked, language, signer)
        try:
            plan = plan_phrase(glosses, signer, None, asked.spell)
            self._check_length(plan)
            work.check(0.2)
            config = JoinConfig(speed=asked.speed, longest=self.max_seconds)
            joined = sign_phrase(glosses, signer, spell_missing=asked.spell, skip_missing=True, config=config)
        except TooLargeError as error:
            advice = "shorten the text, send it in parts, or raise `speed`"
            raise RefusedError("long_text", str(error).partition("; ")[0], advice) from error
        except CheremeError as error:
            raise RefusedError("no_sign", str(error).partition("; ")[0]) from error
        how = ["spelled" if word.spelled else by_whom(signer.who(word.signs[0][1])) for word in plan.words]
        return joined, {
            "glosses": glosses,
            "spans": [
                {"gloss": span.gloss, "start": round(span.start, 3), "end": round(span.end, 3), "how": by}
                for span, by in zip(joined.spans, how, strict=True)
            ],
            "missing": list(plan.missing),
            "near": {gloss: list(near) for gloss, near in plan.missing.items() if near},
            "language": language,
            "seconds": round(joined.sequence.seconds, 3),
        }

    def answer(self, asked: SentPhrase, form: str, size: int, work: Work) -> dict[str, Any] | bytes:
        """What `POST /productions` answers: JSON, or a file.

        Args:
            asked: what is to be signed.
            form: `json`, `pose` or `mp4`.
            size: height of a film in pixels.
            work: told how far it is.
        """
        joined, told = self.produce(asked, work)
        if form == "pose":
            return pose_to_bytes(joined.sequence)
        if form == "mp4":
            return film(joined.sequence, size, work, self.folder)
        return {**told, "landmarks": landmarks_json(joined.sequence)}

    def phrases(self, language: str, signs: str) -> list[dict[str, Any]]:
        """The phrases that ship, in one language or all.

        Args:
            language: ISO 639-3 or 639-1; empty: all.
            signs: signed language in which they are to be signed; empty: the one that is signed unless told.
        """
        code = _code(language) if language else ""
        known = self._known(signs.lower() or self.default)
        found = []
        for phrase in _book().phrases:
            if code and phrase.language not in ("", code):
                continue
            spoken = next((three for three, two in SPOKEN.items() if two == phrase.language), "")
            places = [place for place in ("name", "number", "word") if f"{{{place}}}" in phrase.sentence]
            needed = [gloss for gloss in phrase.glosses if "{" not in gloss]
            found.append(
                {
                    "text": phrase.sentence,
                    "glosses": list(phrase.glosses),
                    "language": spoken,
                    "places": places,
                    "signable": all(find_name(gloss, known) is not None for gloss in needed),
                }
            )
        return found

    def _known(self, language: str) -> tuple[str, ...]:
        try:
            return self.signer(language).glosses
        except RefusedError:
            return ()

    def _glosses(self, asked: SentPhrase, language: str, signer: SeveralProducers) -> list[str]:
        if (asked.text is None) == (asked.glosses is None):
            raise RefusedError("json", "neither `text` nor `glosses`" if asked.text is None else "`text` and `glosses`")
        if asked.text is None:
            glosses = [" ".join(gloss.split()) for gloss in asked.glosses or () if gloss.strip()]
        else:
            code = _code(asked.language or _SPOKEN_WITH.get(language, "eng"))
            try:
                found = text_to_gloss(asked.text, code, _book(), signer.glosses)
            except CheremeError as error:
                raise RefusedError("no_sign", str(error).partition("; ")[0]) from error
            glosses = [gloss for one in found for gloss in one.glosses]
        if (longest := max(map(len, glosses), default=0)) > _LONGEST:
            raise RefusedError("long_text", f"a gloss of {longest} letters; at most {_LONGEST} are taken")
        if len(glosses) > self.max_signs:
            raise RefusedError("long_text", f"{len(glosses)} glosses are more than the {self.max_signs} that are taken")
        return glosses

    def _check_length(self, plan: PhrasePlan) -> None:
        count = sum(len(word.signs) for word in plan.words)
        if count > self.max_signs:
            raise RefusedError("long_text", f"{count} signs are more than the {self.max_signs} that are taken")


def by_whom(producer: Producer) -> Literal["lexicon", "producer"]:
    """What an answer calls who signs."""
    return "lexicon" if isinstance(producer, RecordedSigns) else "producer"


def film(sequence: PoseSequence, size: int, work: Work, scratch: Path) -> bytes:
    """A drawn signer as mp4.

    Args:
        sequence: what is drawn.
        size: height in pixels.
        work: told how far it is.
        scratch: folder for what is gone afterwards.

    Raises:
        AbandonedError: nobody waits for it.
        LayoutError: the landmarks hold no body, and none that could be drawn as a skeleton.
    """
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        path = Path(folder) / "signing.mp4"

        def frames() -> Iterator[Any]:
            for number, picture in enumerate(draw_pose(sequence, "signer", size)):
                work.check(0.3 + 0.7 * number / len(sequence))
                yield picture

        write_video(frames(), path, sequence.fps)
        return path.read_bytes()


def _code(language: str) -> str:
    """ISO 639-1 of a text's language.

    Raises:
        RefusedError: no rules for it.
    """
    code = SPOKEN.get(language.lower(), language.lower())
    if code not in SPOKEN.values():
        raise RefusedError("json", f"texts are {' or '.join(SPOKEN)}, not {language[:20]!r}")
    return code


@cache
def _book() -> PhraseBook:
    return PhraseBook.from_file(_BOOK)
