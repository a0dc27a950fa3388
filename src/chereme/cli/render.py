"""`chereme render`: a `.pose` as film, picture, vectors or page."""

from collections import Counter
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
    help="File to write (.mp4, .gif, .png, .svg, .html), or a folder for several.  [default: FILE.mp4 beside each]",
)
@click.option(
    "--style",
    type=click.Choice(["signer", "flat", "skeleton"]),
    help="[default: signer; in .svg: flat; in .html and with --over: skeleton]",
)
@click.option("--over", type=click.Path(path_type=Path), help="Video to draw the skeleton over.")
@click.option("--sheet", type=click.IntRange(1, 200), metavar="N", help="A contact sheet of N moments (.png, .svg).")
@click.option("--compare", is_flag=True, help="All FILES side by side in one file, aligned in time.")
@click.option("--size", type=click.IntRange(64, 2160), default=640, show_default=True, help="Height in pixels.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(
    files: tuple[Path, ...],
    out: Path | None,
    style: str | None,
    over: Path | None,
    sheet: int | None,
    compare: bool,
    size: int,
    as_json: bool,
) -> None:
    """Draw each .pose of FILES as a solid person, as a flat one or as a skeleton.

    The suffix of the output says what it becomes: .mp4 or .gif, .png or .svg (moments side by side), or .html (a page
    that plays it).
    """
    import sys

    from tqdm import tqdm

    from chereme.errors import CheremeError, LayoutError

    targets = _targets(files, out, sheet, compare)
    _check(files, targets[0].suffix.lower(), style, over, sheet, compare)
    jobs = (
        [(files, targets[0])] if compare else [((file,), target) for file, target in zip(files, targets, strict=True)]
    )
    results: list[dict[str, Any]] = []
    for sources, target in tqdm(jobs, unit="clip", disable=as_json or len(jobs) == 1 or not sys.stderr.isatty()):
        try:
            done = _render(sources, target, style, over, sheet, size)
        except (CheremeError, OSError) as error:
            said = (
                f"{target}: cannot be written: {error.strerror or error}" if isinstance(error, OSError) else str(error)
            )
            if isinstance(error, LayoutError):
                said += "; --style skeleton draws any layout"
            if not any(said.startswith(str(path)) for path in (*sources, target)):
                said = f"{sources[0]}: {said}"
            results += [{"file": str(source), "error": said} for source in sources]
            if not as_json:
                click.echo(f"error: {said}", err=True)
            continue
        results += done
        if not as_json:
            count = done[0]["frames"]
            still = target.suffix.lower() in (".png", ".svg")
            click.echo(
                f"{target}: " + (f"{count} moments" if still else f"{count} frames at {done[0]['fps']:g} per second")
            )
    if as_json:
        print_json(results)
    if any("error" in r for r in results):
        raise SystemExit(1)


def _targets(files: tuple[Path, ...], out: Path | None, sheet: int | None, compare: bool) -> list[Path]:
    """What each file becomes; with --compare the one that all become."""
    suffix = ".png" if sheet else ".mp4"
    if compare:
        if out is None or not out.suffix:
            raise click.UsageError("--compare makes one file of all: name it with -o")
        return [out]
    if out is None:
        return [file.with_suffix(suffix) for file in files]
    if out.suffix:
        if len(files) > 1:
            raise click.UsageError(f"{len(files)} files cannot all become {out}; give a folder with -o, or --compare")
        return [out]
    targets = [out / f"{file.stem}{suffix}" for file in files]
    if twice := [path for path, count in Counter(targets).items() if count > 1]:
        raise click.UsageError(f"several of the files would become {twice[0]}; draw them into folders of their own")
    return targets


def _check(
    files: tuple[Path, ...], suffix: str, style: str | None, over: Path | None, sheet: int | None, compare: bool
) -> None:
    """Refuse what does not go together, before anything is read."""
    if over is not None and (len(files) > 1 or style not in (None, "skeleton") or sheet or suffix in (".svg", ".html")):
        raise click.UsageError("--over draws one skeleton over one video: name one .pose, and a film or .png with -o")
    if sheet and suffix not in (".png", ".svg"):
        raise click.UsageError(f"--sheet makes a picture: name a .png or .svg with -o, not {suffix or 'a folder'}")
    if compare and len(files) < 2:
        raise click.UsageError("--compare needs two files or more")
    if suffix == ".svg" and style == "signer":
        raise click.UsageError("a shaded signer has no vectors: use --style flat or skeleton, or write a .png")
    if suffix == ".html" and style not in (None, "skeleton"):
        raise click.UsageError("a page draws skeletons; write a film for a signer")


def _render(
    sources: tuple[Path, ...], target: Path, style: str | None, over: Path | None, sheet: int | None, size: int
) -> list[dict[str, Any]]:
    """Read and draw; what --json prints of each source."""
    from chereme.poses import read_pose
    from chereme.render import check_suffix, render_to, render_together, write_pictures

    check_suffix(target)
    sequences = [read_pose(source) for source in sources]
    fps = max(sequence.fps for sequence in sequences)
    if over is not None:
        count = write_pictures(_over(sequences[0], over), target, fps)  # a video keeps the size it came in
    elif len(sequences) == 1:
        count = render_to(sequences[0], target, style, size, sheet, sources[0].stem)
    else:
        count = render_together(sequences, [source.stem for source in sources], target, style, size, sheet)
    return [{"file": str(source), "output": str(target), "frames": count, "fps": fps} for source in sources]


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
