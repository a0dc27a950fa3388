"""`chereme render`: a `.pose` as video, GIF or picture."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chereme.cli import print_json

if TYPE_CHECKING:
    from chereme.render.shapes import Picture
    from chereme.types import PoseSequence


@click.command(name="render")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help="File to write (.mp4, .gif, .png), or a folder for several.  [default: FILE.mp4 beside each]",
)
@click.option("--style", type=click.Choice(["signer", "skeleton"]), help="[default: signer; with --over: skeleton]")
@click.option("--over", type=click.Path(path_type=Path), help="Video to draw the skeleton over.")
@click.option("--size", type=click.IntRange(64, 2160), default=640, show_default=True, help="Height in pixels.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(
    files: tuple[Path, ...], out: Path | None, style: str | None, over: Path | None, size: int, as_json: bool
) -> None:
    """Draw each .pose of FILES as a solid person or as a skeleton.

    The suffix of the output says what it becomes: .mp4, .gif, or .png (up to six moments side by side).
    """
    import sys

    from tqdm import tqdm

    from chereme.cli._drawing import drawn
    from chereme.errors import CheremeError
    from chereme.poses import read_pose
    from chereme.render import write_pictures

    if over is not None and (len(files) > 1 or style == "signer"):
        raise click.UsageError("--over draws one skeleton over one video: name one .pose, and not --style signer")
    to_folder = out is not None and not out.suffix
    if len(files) > 1 and out is not None and not to_folder:
        raise click.UsageError(f"{len(files)} files cannot all become {out}; give a folder with -o")
    style = style or ("skeleton" if over else "signer")
    results: list[dict[str, Any]] = []
    for file in tqdm(files, unit="clip", disable=as_json or len(files) == 1 or not sys.stderr.isatty()):
        target = out / f"{file.stem}.mp4" if out and to_folder else out or file.with_suffix(".mp4")
        try:
            sequence = read_pose(file)
            # a video keeps the size it came in
            frames = _over(sequence, over) if over else drawn(sequence, style, size)
            count = write_pictures(frames, target, sequence.fps)
        except (CheremeError, OSError) as error:
            results.append({"file": str(file), "error": str(error)})
            if not as_json:
                click.echo(f"error: {error}", err=True)
            continue
        results.append({"file": str(file), "output": str(target), "frames": count, "fps": sequence.fps})
        if not as_json:
            click.echo(f"{target}: {count} frames at {sequence.fps:g} per second")
    if as_json:
        print_json(results)
    if any("error" in r for r in results):
        raise SystemExit(1)


def _over(sequence: "PoseSequence", video: Path) -> Iterator["Picture"]:
    """The video's own frames with the skeleton that belongs to each one's time."""
    from chereme.landmarks.video import Video
    from chereme.render import draw_skeleton

    with Video(video) as source:
        shown = 0
        for frame in source.frames():
            # frames come out at the sequence's rate: repeated or left out where the video's differs
            while shown < len(sequence) and shown / sequence.fps <= frame.time + 0.5 / source.rate:
                yield draw_skeleton(frame.rgb(), sequence.points[shown], sequence.layout)
                shown += 1
