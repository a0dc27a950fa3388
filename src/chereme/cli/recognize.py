"""`chereme recognize`: a word for a video, a folder of pictures, a `.pose` or the webcam."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from chereme.recognize import Recognizer
    from chereme.types import PoseSequence, Prediction


@click.command(name="recognize")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--bundle", help="A folder, or the name of one that ships.  [default: isl43]")
@click.option(
    "--lexicon",
    "place",
    help="Rank the signs of this lexicon (file, name of one that ships, or URL) instead; with --bundle, both together.",
)
@click.option("--language", help="Of --lexicon: rank the signs of one language only, by ISO 639-3.")
@click.option("--top", default=5, show_default=True, type=click.IntRange(min=1), help="How many words to list.")
@click.option("--fps", default=25.0, show_default=True, type=click.FloatRange(1, 240), help="Of a folder of pictures.")
@click.option("--mirrored", is_flag=True, help="The pictures are mirrored, as selfie cameras store them.")
@click.option(
    "--webcam", is_flag=False, flag_value="0", metavar="[N]", help="Watch webcam N (0 if not said) instead of a file."
)
@click.option("--seconds", type=click.FloatRange(min=0.1), default=5.0, show_default=True, help="How long to watch it.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(
    files: tuple[Path, ...],
    bundle: str | None,
    place: str | None,
    language: str | None,
    top: int,
    fps: float,
    mirrored: bool,
    webcam: str | None,
    seconds: float,
    as_json: bool,
) -> None:
    """Say which word each FILE shows: a video, a `.pose`, a folder of pictures, or a folder of such files.

    A file that cannot be used is named with the reason, and the others go on; the exit code is then 1.
    """
    from chereme.cli._clips import films, look
    from chereme.cli._files import answer_each, files_in

    if bool(files) == (webcam is not None):
        raise click.UsageError("name files or --webcam, one of the two")
    if language is not None and place is None:
        raise click.UsageError("--language chooses among the signs of a --lexicon; name one")
    judge = _Judge(bundle, place, language)
    how = {"mirrored": mirrored, "encoder": judge.reader.bundle.encoder}

    def answer(clip: Path | str) -> dict[str, Any]:
        begun = time.perf_counter()
        sequence = look(clip, fps, seconds, how)
        extracted = time.perf_counter()
        prediction = judge.recognize(sequence)
        done = time.perf_counter()
        found: dict[str, Any] = {
            **prediction.as_json(top),
            "seconds": {"extract": round(extracted - begun, 4), "recognize": round(done - extracted, 4)},
            **judge.named,
        }
        missing = judge.reader.missing(sequence)
        return {**found, "missing": missing} if missing else found

    for remark in [] if as_json else judge.remarks:
        click.echo(remark, err=True)
    answer_each([webcam] if webcam is not None else files_in(files, films), answer, _line, as_json)


class _Judge:
    """A classifier, a lexicon, or both together."""

    def __init__(self, bundle: str | None, place: str | None, language: str | None) -> None:
        from chereme.recognize import DEFAULT_BUNDLE, Recognizer

        self.language = language and language.lower()
        self.classifier = Recognizer.load(bundle or DEFAULT_BUNDLE) if bundle or place is None else None
        self.lexicon = None
        if place is not None:
            from chereme.lexicon import Lexicon

            self.lexicon = click.get_current_context().with_resource(Lexicon.open(place))

    @property
    def reader(self) -> "Recognizer":
        """Whose bundle says which landmarks are read."""
        if self.classifier is not None:
            return self.classifier
        assert self.lexicon is not None, "one of the two"
        return self.lexicon.encoder

    @property
    def named(self) -> dict[str, str]:
        """By what it was recognized."""
        named = {"bundle": self.reader.bundle.name}
        return named if self.lexicon is None else {**named, "lexicon": self.lexicon.name}

    @property
    def remarks(self) -> list[str]:
        """What to say of the lexicon beforehand."""
        if self.lexicon is None:
            return []
        self.lexicon.prepare()
        return self.lexicon.remarks

    def recognize(self, sequence: "PoseSequence") -> "Prediction":
        if self.lexicon is None:
            return self.reader.recognize(sequence)
        from chereme.lexicon import join, rank_signs

        signs = rank_signs(self.lexicon, sequence, self.language)
        if self.classifier is None:
            return signs
        return join(signs, self.classifier.recognize(sequence), self.classifier.bundle.language)


def _line(answer: dict[str, Any]) -> str:
    """One clip for people: the word first, then what else it might be."""
    from chereme.types import DOUBTS

    ranked = answer["predictions"]
    likely = [p for p in ranked if p["probability"] >= 0.005] or ranked[:1]
    words = [f"{_word(p)} {100 * p['probability']:.0f} %" for p in likely]
    took = sum(answer["seconds"].values())
    said = " · ".join(words)
    if because := answer.get("unknown_because"):
        perhaps = {
            "no_hand": "",
            "unlike": f" (closest: {', '.join(map(_word, likely))})",  # shares of a hundred would sound sure
            "unsure": f" (perhaps {', '.join(words)})",
        }
        said = f"unknown: {DOUBTS[because]}{perhaps[because]}"
    note = (
        f"\n  without {', '.join(missing)}: it can do without, but less surely"
        if (missing := answer.get("missing"))
        else ""
    )
    return f"{answer['file']}: {said}  [{took:.2f} s]{note}"


def _word(ranked: dict[str, Any]) -> str:
    """A gloss, and of a lexicon's sign what keeps it apart from others of that gloss."""
    apart = ", ".join(ranked[part] for part in ("language", "variant", "sense") if part in ranked)
    return f"{ranked['gloss']} ({apart})" if apart else str(ranked["gloss"])
