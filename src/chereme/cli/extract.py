"""`chereme extract`: videos and pictures to landmarks."""

import sys
from pathlib import Path
from typing import Any

import click

from chereme.cli import print_json

__all__ = ["command"]


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder, or the .pose to write for a single clip; with --hands also an .npz.",
)
@click.option(
    "--layout",
    type=click.Choice(["body_hands_75", "holistic_543", "hands_42"]),
    help="Landmarks to keep.  [default: body_hands_75]",
)
@click.option(
    "--hands", is_flag=True, help="Hands alone, without a body; a folder of class folders of pictures becomes a store."
)
@click.option(
    "--stride",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Look at every n-th frame, interpolate the rest.",
)
@click.option("--mirrored", is_flag=True, help="The picture is mirrored, as selfie cameras store it.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes. [default: one per core]")
@click.option("--redo", is_flag=True, help="Make everything anew, also with other settings.")
@click.option("--keep-handless", is_flag=True, help="Keep clips in which no hand was seen.")
@click.option("--keep-partial", is_flag=True, help="Keep what comes before the damage in files that are cut short.")
@click.option(
    "--detection-confidence",
    type=click.FloatRange(0, 1),
    help="How sure the engine must be that there is a person, or a hand.  [default: 0.5; 0.1 with --hands]",
)
@click.option("--task", default="", metavar="FILE", help="A MediaPipe Tasks holistic bundle (.task) to use instead.")
@click.option("--encoder", default="", metavar="FILE", help="Features of an image encoder (.onnx), not landmarks.")
@click.option("--start", type=click.FloatRange(min=0), help="Seconds where a single clip begins.")
@click.option("--end", type=click.FloatRange(min=0), help="Seconds where a single clip ends.")
@click.option(
    "--webcam", is_flag=False, flag_value="0", metavar="[N]", help="Watch webcam N (0 if not said) instead of a file."
)
@click.option("--seconds", type=click.FloatRange(min=0.1), default=5.0, show_default=True, help="How long to watch it.")
@click.option("--json", "as_json", is_flag=True, help="Print one object per clip, for machines.")
def command(
    paths: tuple[Path, ...],
    out: Path,
    workers: int | None,
    redo: bool,
    start: float | None,
    end: float | None,
    webcam: str | None,
    seconds: float,
    as_json: bool,
    layout: str | None,
    hands: bool,
    detection_confidence: float | None,
    **settings: Any,
) -> None:
    """Find the signer's body and hands in videos and pictures and write them as .pose.

    A PATH is a file or a folder; OUT mirrors the folder. The same command goes on where it was stopped.
    Left and right are the signer's own.

    With --hands a folder of class folders of pictures becomes a packed store, a table of features and a report of
    how often a hand was found; OUT may be the table alone, an .npz.
    """
    if hands and layout not in (None, "hands_42"):
        raise click.UsageError(f"--hands keeps the hands alone, not {layout}")
    layout = layout or ("hands_42" if hands else "body_hands_75")
    if detection_confidence is None:
        detection_confidence = 0.1 if layout == "hands_42" else 0.5
    if hands and (out.suffix.lower() == ".npz" or any(p.is_dir() for p in paths)):
        if len(paths) != 1 or not paths[0].is_dir() or webcam is not None:
            raise click.UsageError("--hands takes one folder of class folders of pictures, or files")
        if out.suffix.lower() == ".pose":
            raise click.UsageError(f"{out} is one .pose file, for one clip; name a folder or an .npz")
        unfit = [name for name in ("keep_handless", "keep_partial", "task", "encoder") if settings[name]]
        if unfit or settings["stride"] > 1 or start is not None or end is not None:
            raise click.UsageError(
                "pictures take none of --stride, --keep-handless, --keep-partial, --task, --encoder, --start, --end"
            )
        from chereme.cli._hands import extract_hands

        sys.exit(
            0 if extract_hands(paths[0], out, detection_confidence, settings["mirrored"], workers, redo, as_json) else 1
        )
    if bool(paths) == (webcam is not None):
        raise click.UsageError("name files or folders, or --webcam, one of the two")
    single = webcam is not None or out.suffix.lower() == ".pose"
    if single and (len(paths) > 1 or any(p.is_dir() for p in paths)):
        raise click.UsageError(f"{out} is one .pose file, for one clip; name a folder")
    if not single and (start is not None or end is not None):
        raise click.UsageError("--start and --end go with one file and one .pose to write")
    if start is not None and end is not None and end <= start:
        raise click.UsageError("--end must come after --start")

    from chereme.landmarks.extractor import ExtractConfig

    config = ExtractConfig(layout=layout, min_detection_confidence=detection_confidence, **settings)
    if single:
        ok = _extract_one(paths, webcam, seconds, out, config, start, end, as_json)
    else:
        ok = _extract_many(paths, out, config, workers, redo, as_json)
    sys.exit(0 if ok else 1)


def _extract_one(
    paths: tuple[Path, ...],
    webcam: str | None,
    seconds: float,
    out: Path,
    config: Any,
    start: float | None,
    end: float | None,
    as_json: bool,
) -> bool:
    from chereme.errors import CheremeError
    from chereme.landmarks import extract_clip
    from chereme.poses import write_pose

    source = f"webcam {webcam}" if webcam is not None else str(paths[0])
    if webcam is not None and out.suffix.lower() != ".pose":
        out = out / "webcam.pose"
    try:
        if webcam is not None:
            from chereme.landmarks.camera import extract_webcam

            sequence = extract_webcam(int(webcam) if webcam.isdecimal() else webcam, seconds, config)
        else:
            sequence = extract_clip(paths[0], config, start, end)
        write_pose(sequence, out)
    except CheremeError as error:
        _report([_failed(source, str(error))], as_json)
        return False
    except OSError as error:
        _report([_failed(source, f"{out}: cannot be written: {error.strerror or error}")], as_json)
        return False
    _report([_done(source, out, sequence)], as_json)
    return True


def _extract_many(
    paths: tuple[Path, ...], out: Path, config: Any, workers: int | None, redo: bool, as_json: bool
) -> bool:
    from tqdm import tqdm

    from chereme.landmarks.job import FAILED, plan_job, run_job

    job = plan_job(paths, out, config, redo)
    results = [{"file": _shown(t.source), "output": _shown(t.output), "skipped": True} for t in job.finished]
    failed = 0
    with tqdm(
        total=len(job.tasks) + len(job.finished),
        initial=len(job.finished),
        unit="clip",
        disable=as_json or not sys.stderr.isatty(),
    ) as bar:
        for outcome in run_job(job, workers):
            bar.update()
            task = outcome.task
            if outcome.sequence is None:
                failed += 1
                results.append(_failed(task.source, outcome.error))
                if not as_json:
                    tqdm.write(f"error: {_shown(outcome.error)}", file=sys.stderr)
            else:
                results.append(_done(task.source, task.output, outcome.sequence))
    if as_json:
        print_json(results)
    else:
        made = len(job.tasks) - failed
        click.echo(f"{made} made, {len(job.finished)} there already, {failed} failed: {_shown(out)}")
        if failed:
            click.echo(f"why: {_shown(out / FAILED)}", err=True)
    return not failed


def _done(source: str | Path, output: Path, sequence: Any) -> dict[str, Any]:
    seen = {
        f"{hand}_seen": round(float(sequence.seen[:, sequence.layout.groups[hand]].any(1).mean()), 4)
        for hand in ("left_hand", "right_hand")
        if hand in sequence.layout.groups
    }
    return {
        "file": _shown(source),
        "output": _shown(output),
        "frames": len(sequence),
        "fps": sequence.fps,
        "size": list(sequence.size),
        **seen,
    }


def _failed(source: str | Path, error: str) -> dict[str, Any]:
    return {"file": _shown(source), "error": _shown(error)}


def _report(results: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json(results)
        return
    for result in results:
        if "error" in result:
            click.echo(f"error: {result['error']}", err=True)
        else:
            what = "features of pictures"
            if "left_hand_seen" in result:
                what = (
                    f"left hand in {result['left_hand_seen']:.0%}, right in {result['right_hand_seen']:.0%} of frames"
                )
            click.echo(f"{result['output']}: {result['frames']} frames at {result['fps']:g} per second; {what}")


def _shown(text: str | Path) -> str:
    """Printable, also where a file name is no valid UTF-8."""
    return click.format_filename(str(text))
