"""`chereme recognize`: a word for a video, a folder of pictures, a `.pose` or the webcam."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from chereme.types import PoseSequence


@click.command(name="recognize")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--bundle", default="isl43", show_default=True, help="A folder, or the name of one that ships.")
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
    bundle: str,
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
    from chereme.cli._files import answer_each, files_in
    from chereme.recognize import Recognizer

    if bool(files) == (webcam is not None):
        raise click.UsageError("name files or --webcam, one of the two")
    recognizer = Recognizer.load(bundle)
    how = {"mirrored": mirrored, "encoder": recognizer.bundle.encoder}

    def answer(clip: Path | str) -> dict[str, Any]:
        begun = time.perf_counter()
        sequence = _watch(clip, seconds, how) if isinstance(clip, str) else _landmarks(clip, fps, how)
        extracted = time.perf_counter()
        prediction = recognizer.recognize(sequence)
        done = time.perf_counter()
        found = {
            **prediction.as_json(top),
            "seconds": {"extract": round(extracted - begun, 4), "recognize": round(done - extracted, 4)},
            "bundle": recognizer.bundle.name,
        }
        missing = recognizer.missing(sequence)
        return {**found, "missing": missing} if missing else found

    answer_each([webcam] if webcam is not None else files_in(files, _films), answer, _line, as_json)


def _films() -> set[str]:
    """What a folder is searched for; one without any is one clip of pictures."""
    from chereme.landmarks.video import VIDEOS

    return {*VIDEOS, ".pose"}


def _landmarks(path: Path, fps: float, how: dict[str, Any]) -> "PoseSequence":
    """Landmarks of one clip; MediaPipe is loaded only where there are pictures to look at."""
    if path.suffix.lower() == ".pose":
        from chereme.poses import read_pose

        return read_pose(path)
    from chereme.errors import ClipError
    from chereme.landmarks import ExtractConfig, extract_clip, extract_frames
    from chereme.landmarks.picture import PICTURES, read_picture

    config = ExtractConfig(**how)
    if not path.is_dir():
        return extract_clip(path, config)
    pictures = sorted(p for p in path.iterdir() if p.suffix.lower() in PICTURES)
    if not pictures:
        raise ClipError(f"{path}: no video, picture or .pose in this folder; name another")
    return extract_frames((read_picture(p)[0] for p in pictures), fps, config, str(path))


def _watch(camera: str, seconds: float, how: dict[str, Any]) -> "PoseSequence":
    from chereme.landmarks import ExtractConfig
    from chereme.landmarks.camera import extract_webcam

    click.echo(f"watching webcam {camera} for {seconds:g} s …", err=True)
    return extract_webcam(int(camera) if camera.isdecimal() else camera, seconds, ExtractConfig(**how))


def _line(answer: dict[str, Any]) -> str:
    """One clip for people: the word first, then what else it might be."""
    ranked = answer["predictions"]
    likely = [p for p in ranked if p["probability"] >= 0.005] or ranked[:1]
    words = [f"{p['gloss']} {100 * p['probability']:.0f} %" for p in likely]
    took = sum(answer["seconds"].values())
    said = f"unknown (perhaps {', '.join(words)})" if answer["unknown"] else " · ".join(words)
    note = (
        f"\n  without {', '.join(missing)}: it can do without, but less surely"
        if (missing := answer.get("missing"))
        else ""
    )
    return f"{answer['file']}: {said}  [{took:.2f} s]{note}"
