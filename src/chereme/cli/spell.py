"""`chereme spell`: the letter that a picture shows, the word that a video, a `.pose` or the webcam spells."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from chereme.landmarks.hands import HandFinder
    from chereme.spell import Speller
    from chereme.spell.film import FilmConfig
    from chereme.types import PoseSequence


@click.command(name="spell")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--bundle", default="asl_letters", show_default=True, help="A folder, or the name of one that ships.")
@click.option("--top", default=3, show_default=True, type=click.IntRange(min=1), help="How many letters to list.")
@click.option("--words", "word_list", type=click.Path(path_type=Path), help="A word list: name its nearest words too.")
@click.option(
    "--hold",
    default=0.25,
    show_default=True,
    type=click.FloatRange(0.05, 5),
    help="Seconds for which a letter of a film must be held.",
)
@click.option(
    "--mirrored/--not-mirrored",
    default=None,
    help="The pictures are mirrored, as selfie cameras store them, or not.  [default: as the bundle's recipe says]",
)
@click.option("--still", is_flag=True, help="A film shows one held letter.")
@click.option(
    "--webcam", is_flag=False, flag_value="0", metavar="[N]", help="Watch webcam N (0 if not said) instead of a file."
)
@click.option("--seconds", type=click.FloatRange(min=0.1), default=10.0, show_default=True, help="How long to watch.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(
    files: tuple[Path, ...],
    bundle: str,
    top: int,
    word_list: Path | None,
    hold: float,
    mirrored: bool | None,
    still: bool,
    webcam: str | None,
    seconds: float,
    as_json: bool,
) -> None:
    """Say which letter each picture shows, and which word each video or `.pose` spells; a folder means its files.

    A picture without a hand is an answer. A file that cannot be used is named with the reason, and the others go on;
    the exit code is then 1.
    """

    from chereme.cli._files import answer_each, files_in
    from chereme.spell import Speller
    from chereme.spell.film import FilmConfig
    from chereme.spell.words import read_words

    if bool(files) == (webcam is not None):
        raise click.UsageError("name files or --webcam, one of the two")
    words = read_words(word_list) if word_list else ()
    speller = Speller.load(bundle)
    config = FilmConfig(hold=hold)
    with ExitStack() as stack:
        look = _Looker(speller, config, mirrored, stack)

        def answer(file: Path | str) -> dict[str, Any]:
            sequence = look.watch(file, seconds, as_json) if isinstance(file, str) else look.at(file)
            found = _answer(sequence, speller, None if still else config, top, words)
            return {**found, "bundle": speller.bundle.name}

        answer_each([webcam] if webcam is not None else files_in(files, _readable), answer, _line, as_json)


def _readable() -> set[str]:
    """What a folder is searched for."""
    from chereme.landmarks.picture import PICTURES
    from chereme.landmarks.video import VIDEOS

    return {*PICTURES, *VIDEOS, ".pose"}


class _Looker:
    """Finds hands as the bundle's recipe says; MediaPipe is loaded only where there are pictures to look at."""

    def __init__(self, speller: "Speller", film: "FilmConfig", mirrored: bool | None, stack: ExitStack) -> None:
        self.speller = speller
        self.film = film
        self.mirrored = mirrored
        self.stack = stack
        self.finder: HandFinder | None = None

    def config(self) -> Any:
        from dataclasses import replace

        from chereme.landmarks.hands import HandConfig

        config = self.speller.bundle.recipe.stage("hands", HandConfig)
        return config if self.mirrored is None else replace(config, mirrored=self.mirrored)

    def at(self, path: Path) -> "PoseSequence":
        """Hands of a picture (one frame), a video or a `.pose`."""
        if path.suffix.lower() == ".pose":
            from chereme.poses import read_pose

            return read_pose(path)
        from chereme.errors import ClipError
        from chereme.landmarks.picture import PICTURES, read_picture

        if path.is_dir():
            raise ClipError(f"{path}: no picture, video or .pose in this folder; name another")
        if path.suffix.lower() in PICTURES:
            from chereme.landmarks.hands import HandFinder, as_sequence

            image, _ = read_picture(path)
            if self.finder is None:
                self.finder = self.stack.enter_context(HandFinder(self.config()))
            return as_sequence(self.finder.find(image), image)
        from chereme.landmarks.hand_film import track_clip

        return track_clip(path, self.config())

    def watch(self, camera: str, seconds: float, as_json: bool) -> "PoseSequence":
        """Hands before a webcam; what they spelled so far is written over and over in one line of the terminal."""
        from chereme.landmarks.hand_film import track_webcam

        click.echo(f"watching webcam {camera} for {seconds:g} s …", err=True)
        onlooker = _live_line(self.speller, self.film) if shown_live() and not as_json else None
        sequence = track_webcam(int(camera) if camera.isdecimal() else camera, seconds, self.config(), onlooker)
        if onlooker:
            click.echo(err=True)
        return sequence


def shown_live() -> bool:
    """Whether somebody watches stderr, so that a line may be written over."""
    import sys

    return sys.stderr.isatty()


def _live_line(speller: "Speller", config: "FilmConfig") -> "Callable[[PoseSequence], None]":
    from chereme.spell.film import spell_film

    def show(sequence: "PoseSequence") -> None:
        word = spell_film(sequence, speller, config).word
        click.echo(f"\r\033[K{word[-60:]} …", err=True, nl=False)

    return show


def _answer(
    sequence: "PoseSequence", speller: "Speller", config: "FilmConfig | None", top: int, words: tuple[str, ...]
) -> dict[str, Any]:
    from chereme.spell.film import spell_film
    from chereme.spell.words import snap_film

    if config is None or len(sequence) == 1:  # one letter
        return speller.spell(sequence).as_json(top)
    film = spell_film(sequence, speller, config)
    answer = film.as_json(top)
    if words:
        answer["nearest"] = [{"word": n.word, "score": n.score} for n in snap_film(film, words, top)]
    return answer


def _line(answer: dict[str, Any]) -> str:
    """One file for people: the letter or word first."""
    name = answer["file"]
    if answer["handedness"] is None:
        return f"{name}: no hand"
    if "word" not in answer:
        listed = [
            f"{r['letter']} {100 * r['probability']:.0f} %" for r in answer["ranked"] if r["probability"] >= 0.005
        ]
        said = " · ".join(listed) if answer["letter"] else f"not sure (perhaps {', '.join(listed)})"
        return f"{name}: {said}  [{answer['handedness']} hand]"
    nearest = ", ".join(f"{n['word']} {100 * n['score']:.0f} %" for n in answer.get("nearest", ()))
    return f"{name}: {answer['word'] or 'no letter'}{f' → {nearest}' if nearest else ''}  [{answer['handedness']} hand]"
