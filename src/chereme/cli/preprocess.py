"""`chereme preprocess`: clips trimmed, aligned and with their gaps filled, and how that came about."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chereme.cli import print_json

if TYPE_CHECKING:
    from chereme.preprocess import AlignConfig, PreprocessConfig, Preprocessed, TrimConfig
    from chereme.render.shapes import Picture
    from chereme.types import Floats, PoseSequence

    Settings = tuple[PreprocessConfig, TrimConfig, AlignConfig]

STANDARD = """
[preprocess]
align = "reference"
[trim]
kind = "simple"
"""
"""What is done when no recipe is named."""


@click.command(name="preprocess")
@click.argument("clips", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="CLIP...")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="Folder for what is made.")
@click.option("--recipe", metavar="NAME", help="A recipe file, or one that ships.  [default: trim and align simply]")
@click.option("--set", "changes", multiple=True, metavar="TABLE.KEY=VALUE", help="Change a recipe's value (TOML).")
@click.option(
    "--explain", "pictures", is_flag=True, help="Draw the motion with its cuts and the signer before and after."
)
@click.option("--mirrored", is_flag=True, help="Videos are mirrored, as selfie cameras store them.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(
    clips: tuple[Path, ...],
    out: Path,
    recipe: str | None,
    changes: tuple[str, ...],
    pictures: bool,
    mirrored: bool,
    as_json: bool,
) -> None:
    """Write each CLIP, a video, a .pose or a folder of them, as the .pose that a model would get.

    Beside it stands a .json with the cuts, the measures and the gaps. With --explain there are pictures, too. Where a
    recipe weighs the motion of pixels, a video is cut by them here; a model's clips are cut by landmarks alone.
    """
    import sys

    from tqdm import tqdm

    from chereme.errors import CheremeError, ClipError, RecipeError
    from chereme.layout import image_count, layout_named
    from chereme.preprocess import AlignConfig, PreprocessConfig, TrimConfig
    from chereme.recipe import Recipe, find_recipe

    chosen = find_recipe(recipe) if recipe else Recipe.from_text(STANDARD, "standard")
    chosen = chosen.changed(changes) if changes else chosen
    settings = (
        chosen.stage("preprocess", PreprocessConfig),
        chosen.stage("trim", TrimConfig),
        chosen.stage("align", AlignConfig),
    )
    if image_count(layout_named(settings[0].layout)):
        raise RecipeError(
            f"recipe {chosen.name}: it reads features of pictures, which nothing is done to before a model"
        )
    results: list[dict[str, Any]] = []
    made: dict[Path, Path] = {}
    tasks = list(_places(clips, out))
    read = {clip.resolve() for clip, _ in tasks}
    for clip, place in tqdm(tasks, unit="clip", disable=as_json or not sys.stderr.isatty()):
        try:
            if (output := _pose_at(place).resolve()) in read:
                what = (
                    "it would be replaced by its own result" if output == clip.resolve() else f"would replace {output}"
                )
                raise ClipError(f"{clip}: {what}; name another folder with -o")
            if (other := made.setdefault(place, clip)) is not clip:
                raise ClipError(f"{clip}: its {place.name} would replace that of {other}; write it to another folder")
            result = _one(clip, place, settings, pictures, mirrored)
        except (CheremeError, OSError) as error:
            result = {"file": str(clip), "error": str(error)}
        results.append(result)
        if not as_json:
            tqdm.write(_line(result), file=sys.stderr if "error" in result else sys.stdout)
    if as_json:
        print_json(results)
    if any("error" in result for result in results):
        raise SystemExit(1)


def _pose_at(place: Path) -> Path:
    return place.with_name(place.name + ".pose")


def _places(clips: tuple[Path, ...], out: Path) -> Iterator[tuple[Path, Path]]:
    """Each clip with the path under `out` that its files begin with; a folder's clips keep their subfolders."""
    from chereme.landmarks.video import VIDEOS

    for clip in clips:
        if clip.is_dir():
            inside = sorted(p for p in clip.rglob("*") if p.suffix.lower() in VIDEOS | {".pose"})
            for path in inside:
                yield path, out / path.relative_to(clip).with_name(path.stem)
            if not inside:
                yield clip, out / clip.name
        else:
            yield clip, out / clip.stem


def _one(clip: Path, place: Path, settings: "Settings", explained: bool, mirrored: bool) -> dict[str, Any]:
    """Preprocess one clip and write all that there is to write of it."""
    import json

    from chereme.errors import ClipError
    from chereme.files import write_beside
    from chereme.poses import write_pose
    from chereme.preprocess import explain, in_picture

    if clip.is_dir():
        raise ClipError(f"{clip}: no video or .pose in this folder; name another")
    output = _pose_at(place)
    config, trim, align = settings
    sequence, pixels = _read(clip, config, trim, mirrored)
    done = explain(sequence, config, trim, align, pixels)
    write_pose(in_picture(done.after, align), output)
    report: dict[str, Any] = {"file": str(clip), "output": str(output), **_account(done)}
    if explained:
        report["pictures"] = _draw(clip, place, done, settings, mirrored)
    with write_beside(place.with_name(place.name + ".json")) as part:
        part.write_text(json.dumps(report, ensure_ascii=False, indent=2), encoding="utf-8")
    return report


def _read(
    clip: Path, config: "PreprocessConfig", trim: "TrimConfig", mirrored: bool
) -> "tuple[PoseSequence, dict[str, Floats] | None]":
    """Landmarks, and the motion of the pixels where there are any and the recipe wants it."""
    if clip.suffix.lower() == ".pose":
        from chereme.poses import read_pose

        return read_pose(clip), None
    from chereme.landmarks import EXTRACTED_LAYOUTS, ExtractConfig, extract_clip

    layout = config.layout if config.layout in EXTRACTED_LAYOUTS else "body_hands_75"
    sequence = extract_clip(clip, ExtractConfig(layout=layout, mirrored=mirrored))
    if len(sequence) == 1 or not trim.wants_pixels:
        return sequence, None
    from chereme.landmarks.motion import pixel_motion

    return sequence, pixel_motion(clip, trim.grey_step, trim.history, trim.variance, trim.picture_side)


def _account(done: "Preprocessed") -> dict[str, Any]:
    """What was decided, in numbers; frames count from 0 and the last one is kept, too."""
    fps, signing = done.before.fps, done.signing
    account: dict[str, Any] = {
        "frames": len(done.before),
        "fps": fps,
        "start": signing.start,
        "end": signing.end,
        "kept": signing.frames,
        "start_seconds": round(signing.start / fps, 3),
        "end_seconds": round(signing.end / fps, 3),
        "start_by": signing.start_by,
        "end_by": signing.end_by,
        "mirrored": done.mirrored,
        "gaps": {
            group: _gaps(done, group) for group in ("left_hand", "right_hand") if group in done.after.layout.groups
        },
    }
    if done.motion is not None:
        account["motion"] = {"weights": dict(done.motion.weights), "left_out": list(done.motion.left_out)}
    if done.reference is not None:
        ours = done.reference
        account["reference"] = {
            **{name: _number(getattr(ours, name)) for name in ("face_width", "shoulder_width", "face_to_shoulders")},
            "still_frames": ours.still_frames,
            "from_all": list(ours.from_all),
        }
    return account


def _gaps(done: "Preprocessed", group: str) -> list[dict[str, Any]]:
    """The runs of kept frames in which a hand was not seen, and whether they were filled."""
    import numpy as np

    from chereme.preprocess import unseen

    gone = unseen(done.after, group)
    there = done.after.seen[:, done.after.layout.groups[group]].any(1)
    return [
        {
            "first": int(first),
            "frames": int(stop - first),
            "seconds": round(float(stop - first) / done.after.fps, 3),
            "at_end": bool(first == 0 or stop == len(gone)),
            "filled": bool(there[first]),
        }
        for first, stop in np.flatnonzero(np.diff(gone, prepend=False, append=False)).reshape(-1, 2)
    ]


def _number(value: float) -> float | None:
    return None if value != value else round(value, 4)  # NaN is no JSON


def _draw(clip: Path, place: Path, done: "Preprocessed", settings: "Settings", mirrored: bool) -> list[str]:
    """The pictures of --explain."""
    from chereme.render.before_after import Shown, draw_before_after, moments, write_before_after
    from chereme.render.video import write_picture

    _, trim, align = settings
    total, fps = len(done.before), done.before.fps
    sheet, film = moments(total, fps, 6), moments(total, fps, 90, 12.5)
    seen = _pictures(clip, {*sheet, *film}, fps, mirrored) if clip.suffix.lower() != ".pose" else {}
    names = {
        kind: place.with_name(f"{place.name}-{kind}") for kind in ("motion.png", "before-after.png", "before-after.gif")
    }

    def shown(frames: list[int]) -> Shown:
        return Shown(place.name, done, align, frames, [seen[f] for f in frames] if seen else ())

    drawn = [names["before-after.png"]]
    write_picture(draw_before_after(shown(sheet)), names["before-after.png"])
    if done.motion is not None and total > 1:
        from chereme.render.motion import draw_motion

        draw_motion(done, trim, names["motion.png"], place.name)
        drawn.insert(0, names["motion.png"])
    if total > 1:
        write_before_after(shown(film), names["before-after.gif"], total / fps)
        drawn.append(names["before-after.gif"])
    return [str(path) for path in drawn]


def _pictures(clip: Path, frames: set[int], fps: float, mirrored: bool) -> "dict[int, Picture]":
    """The video's pictures at some frames of its landmarks, which may stand on another time grid than its own."""
    import numpy as np
    from PIL import Image

    from chereme.landmarks.picture import PICTURES, read_picture
    from chereme.landmarks.video import Video

    if clip.suffix.lower() in PICTURES:
        picture, _ = read_picture(clip)
        return dict.fromkeys(frames, picture[:, ::-1] if mirrored else picture)
    found: dict[int, Picture] = {}
    wanted = sorted(frames, reverse=True)
    begun: float | None = None
    with Video(clip) as video:
        for source in video.frames():
            begun = source.time if begun is None else begun
            last = (source.time - begun) * fps + 0.5
            if not wanted or last < wanted[-1]:
                continue
            small = Image.fromarray(source.rgb())
            small.thumbnail((640, 360))
            picture = np.ascontiguousarray(np.asarray(small)[:, :: -1 if mirrored else 1])
            while wanted and last >= wanted[-1]:
                found[wanted.pop()] = picture
    return found | dict.fromkeys(wanted, picture)  # rounding may leave the last one out


def _line(result: dict[str, Any]) -> str:
    """One clip for people."""
    if "error" in result:
        return f"error: {result['error']}"
    kept = f"frames {result['start']} to {result['end']} of {result['frames']}"
    times = f"{result['start_seconds']:.2f} to {result['end_seconds']:.2f} s"
    said = [f"{result['output']}: {kept} ({times})"]
    if left_out := result.get("motion", {}).get("left_out"):
        said.append(f"no pixels for {' and '.join(left_out)}")
    if from_all := result.get("reference", {}).get("from_all"):
        what = "size and place" if len(from_all) == 5 else ", ".join(name.replace("_", " ") for name in from_all)
        said.append(f"{what} measured in all frames: too few still ones show them")
    if result["mirrored"]:
        said.append("left-handed, mirrored")
    return "; ".join(said)
