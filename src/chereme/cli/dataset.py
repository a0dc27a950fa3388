"""`chereme dataset`: import, pack, describe, split and audit a data set."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chereme.cli import print_json

if TYPE_CHECKING:
    from chereme.dataset.load import Source

__all__ = ["command"]

FORMS = ("huggingface", "asl-signs", "poses", "elan")

_DATA = click.option(
    "--data", type=click.Path(path_type=Path), help="Folder of the known data sets; default $CHEREME_DATA."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
_STORE = click.argument("store", type=click.Path(path_type=Path))


@click.group(name="dataset")
def command() -> None:
    """Bring clips and landmarks together, see what they are, and say which are for testing."""


@command.command("import")
@click.argument("name")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="Manifest or folder to write.")
@click.option("--from", "form", type=click.Choice(FORMS), help="What NAME is, when it is no known set: a place.")
@click.option("--tier", default="gloss", show_default=True, help="Of elan: whose annotations are clips.")
@click.option("--fps", default=30.0, show_default=True, help="Of asl-signs, which does not say it.")
@click.option("--size", default="1x1", show_default=True, metavar="WxH", help="Of asl-signs: the pictures' shape.")
@click.option("--layout", "layout_name", help="Landmarks to pick by name from every clip, as body_hands_75.")
@_DATA
@_JSON
def import_set(
    name: str,
    out: Path,
    form: str | None,
    tier: str,
    fps: float,
    size: str,
    layout_name: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Bring the known set NAME, or what others wrote at NAME (--from), into common form.

    A set of videos, and ELAN's annotations, become a manifest (.csv or .parquet) that names the videos where they are.
    A set of landmarks becomes a folder of .pose files with its manifest.csv; to train on a known one, `dataset pack
    NAME` is shorter. In a set of pictures the hands are found first.
    """
    from chereme.dataset.jobs import write_pose_folder, write_video_manifest
    from chereme.layout import layout_named

    layout = None if layout_name is None else layout_named(layout_name)
    if form == "elan":
        from chereme.dataset.exchange.elan import read_elan
        from chereme.dataset.load import Source

        place = Path(name)
        source = Source(name, place if place.is_dir() else place.parent, tuple(read_elan(place, tier)))
    elif form is not None:
        source = None
        items = _items(form, Path(name), fps, size)
    else:
        source = _source(name, data)
    if source is None or source.has_landmarks:
        if out.suffix:
            what = "pictures" if source is not None and source.has_pictures else "landmarks"
            raise click.UsageError(f"{name} is a set of {what}: name a folder with -o, or use `dataset pack`")
        found = items if source is None else source.items()
        picked = ((clip, sequence if layout is None else sequence.pick(layout)) for clip, sequence in found)
        clips = write_pose_folder(_watched(picked, None, as_json), out)
        following = f"chereme dataset pack {out} -o STORE"
    else:
        if out.suffix.lower() not in (".csv", ".parquet"):
            raise click.UsageError(f"{name} is a set of videos: name a .csv or .parquet manifest with -o")
        clips = write_video_manifest(source, out)
        films = _folder_of([source.folder / clip.path for clip in source.clips], source.folder)
        following = f"chereme extract {films} -o POSES, then chereme dataset pack {out} --poses POSES -o STORE"
    if as_json:
        print_json({"set": name, "clips": clips, "output": str(out)})
    else:
        click.echo(f"{clips} clips of {name} in {out}; next: {following}")


def _folder_of(films: list[Path], folder: Path) -> Path:
    """The folder to look for landmarks in: the given one if all films lie in it, else the one that holds them all."""
    import os

    places = [film.parent.resolve() for film in films]
    if not places or all(place.is_relative_to(folder.resolve()) for place in places):
        return folder
    return Path(os.path.relpath(os.path.commonpath(places)))


def _items(form: str, place: Path, fps: float, size: str) -> Any:
    """Clips with landmarks that others wrote."""
    from chereme.dataset.exchange.asl_signs import read_asl_signs
    from chereme.dataset.exchange.huggingface import read_huggingface
    from chereme.dataset.load import find_source, load_usable

    if form == "huggingface":
        return read_huggingface(place)
    if form == "poses":
        return load_usable(find_source(str(place)))
    width, _, height = size.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)) or fps <= 0:
        raise click.UsageError(
            f"--size {size} --fps {fps:g}: write a width and a height, as 1280x720, and a rate above 0"
        )
    return read_asl_signs(place, fps, (int(width), int(height)))


@command.command("export")
@click.argument("source")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="Folder to write; a new one.")
@click.option("--to", "form", required=True, type=click.Choice(FORMS))
@click.option("--split", "name", help="Of huggingface: its parts become the parts there.")
@click.option("--tier", default="gloss", show_default=True, help="Of elan: where glosses are written.")
@_JSON
def export_set(source: str, out: Path, form: str, name: str | None, tier: str, as_json: bool) -> None:
    """Write SOURCE, a store, in a form that others read; for ELAN a manifest of videos with their times.

    \b
    huggingface  Parquet and README.md, for `datasets.load_dataset`
    asl-signs    Kaggle's layout: train.csv and a Parquet file per clip, 543 landmarks
    poses        a folder of .pose files with manifest.csv
    elan         an .eaf for each film, the glosses on a tier
    """
    from chereme.dataset.jobs import write_pose_folder
    from chereme.dataset.load import find_source
    from chereme.dataset.store import Store

    told: dict[str, Any] = {"output": str(out), "form": form}
    if form == "elan":
        from chereme.dataset.exchange.elan import write_elan

        found = find_source(source)
        told |= {"clips": len(found.clips), "files": write_elan(found.clips, found.folder, out, tier)}
    else:
        store = Store.open(source)
        if form == "huggingface":
            from chereme.dataset.exchange.huggingface import write_huggingface

            told["parts"] = write_huggingface(store, out, None if name is None else store.split(name))
            told["clips"] = sum(told["parts"].values())
        elif form == "asl-signs":
            from chereme.dataset.exchange.asl_signs import write_asl_signs

            told["clips"] = write_asl_signs(store, out)
        else:
            told["clips"] = write_pose_folder(
                ((clip, store.sequence(i)) for i, clip in enumerate(_watched(store.clips, len(store), as_json))), out
            )
    if as_json:
        print_json(told)
    else:
        click.echo(f"{told['clips']} clips in {out}, as {form}")


@command.command()
@click.argument("source")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="Folder of the store.")
@click.option(
    "--poses", type=click.Path(path_type=Path), help="What `chereme extract` wrote, when SOURCE names videos."
)
@click.option("--layout", "layout_name", help="Landmarks to pick by name from every clip, as body_hands_75.")
@_DATA
@_JSON
def pack(source: str, out: Path, poses: Path | None, layout_name: str | None, data: Path | None, as_json: bool) -> None:
    """Pack the clips of SOURCE into a store that is read in place.

    SOURCE is a folder of class folders, a manifest (.csv or .parquet), or a known set by its name. Packing a
    known set also writes the splits of its protocol. A store at OUT is replaced, splits and all.
    """
    from chereme.dataset.jobs import pack_source
    from chereme.layout import layout_named

    layout = None if layout_name is None else layout_named(layout_name)
    store, failed, splits = pack_source(
        _source(source, data), out, layout, poses, lambda items, total: _watched(items, total, as_json)
    )
    for unusable in failed:
        click.echo(f"left out {unusable.clip.id}: {unusable.why}", err=True)
    if as_json:
        print_json(
            {
                "store": str(out),
                "clips": len(store),
                "classes": len({c.gloss for c in store.clips}),
                "frames": len(store.points),
                "layout": store.layout.name,
                "splits": splits,
                "failed": [{"file": u.clip.path or u.clip.id, "error": u.why} for u in failed],
            }
        )
    else:
        click.echo(
            f"{len(store)} clips, {len({c.gloss for c in store.clips})} classes, {len(store.points)} frames"
            f" ({store.layout.name}) in {out}" + (f"; splits: {', '.join(splits)}" if splits else "")
        )
    sys.exit(1 if failed else 0)


@command.command()
@_STORE
@click.option("--plots", type=click.Path(path_type=Path), help="Folder for PNG plots.")
@click.option("--rows", default=50, show_default=True, help="Rows shown of a long table.")
@_JSON
def stats(store: Path, plots: Path | None, rows: int, as_json: bool) -> None:
    """Show classes, signers, frame rates, durations and missing hands of STORE."""
    from chereme.dataset.stats import stats
    from chereme.dataset.store import Store

    opened = Store.open(store)
    found = stats(opened)
    drawn = []
    if plots:
        from chereme.dataset.plots import plot_stats  # matplotlib takes a second to load

        drawn = [str(path) for path in plot_stats(opened, found, plots)]
    if as_json:
        print_json({**found.as_json(), "plots": drawn})
    else:
        click.echo("\n".join([found.as_text(rows), *drawn]))


@command.command()
@_STORE
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="Folder of the card.")
@click.option("--about", type=click.Path(path_type=Path), help="What people say of it; default: about.toml in --out.")
@_JSON
def card(store: Path, out: Path, about: Path | None, as_json: bool) -> None:
    """Write a data card of STORE: what is in it, whose it is, what an audit finds; Markdown with plots.

    Licence, consent and the rest that only people can say stand in about.toml, which is made to be filled in.
    """
    from chereme.dataset.card import ABOUT, read_about, write_card
    from chereme.dataset.store import Store

    written = write_card(Store.open(store), out, None if about is None else read_about(about))
    if as_json:
        print_json(
            {"files": [str(file) for file in written.files], "missing": written.missing, "clean": written.audit.clean}
        )
        return
    click.echo(f"{len(written.files)} files in {out}; begin with {out / 'README.md'}")
    if not written.audit.clean:
        click.echo("the audit found something; it stands in the card")
    if written.missing:
        where = about or out / ABOUT
        click.echo(f"nobody has stated {' and '.join(written.missing)}: fill in {where}, and run this again", err=True)


@command.command()
@_STORE
@click.option(
    "--by", multiple=True, help="Column whose groups stay together, or `random`, `official`. May be repeated."
)
@click.option("--protocol", help="The fixed split of a known set: isl43, isl43-rotation, isl30, wlasl.")
@click.option("--test", default=0.2, show_default=True, help="Share of clips to hold out for test.")
@click.option("--validation", default=0.1, show_default=True, help="Share of clips to validate on.")
@click.option("--folds", type=int, help="So many splits instead, each group tested once.")
@click.option("--leave-out", metavar="GROUP", help="Test on this group, validate on the next one.")
@click.option("--leave-one-out", is_flag=True, help="A split for every group, each left out in turn.")
@click.option("--name", help="What to call the split; default: from --by.")
@click.option("--seed", default=0, show_default=True)
@click.option("--allow-missing", is_flag=True, help="Keep a split that leaves classes without training or test clips.")
@_DATA
@_JSON
def split(store: Path, data: Path | None, as_json: bool, allow_missing: bool, **wanted: Any) -> None:
    """Decide which clips of STORE train, validate and test, and keep it there by name.

    \b
    chereme dataset split STORE --by signer
    chereme dataset split STORE --by signer --leave-out s04
    chereme dataset split STORE --by gloss --by source --folds 5
    chereme dataset split STORE --protocol isl43
    """
    from collections import Counter

    from chereme.dataset.jobs import make_splits
    from chereme.dataset.split import RANDOM_WARNING, check_split, write_split
    from chereme.dataset.store import Store

    ways = sum([bool(wanted["folds"]), bool(wanted["leave_out"]), wanted["leave_one_out"], bool(wanted["protocol"])])
    if bool(wanted["by"]) == bool(wanted["protocol"]) or ways > 1:
        raise click.UsageError("name --by or --protocol, and at most one of --folds, --leave-out, --leave-one-out")
    if {"random", "official"} & set(wanted["by"]) and (len(wanted["by"]) > 1 or ways):
        raise click.UsageError(f"--by {wanted['by'][0]} stands alone")
    opened = Store.open(store)
    if wanted["by"] == ("random",):
        click.echo(f"warning: {RANDOM_WARNING}", err=True)
    made = make_splits(opened, data=data, **wanted)
    missing = {}
    for name, parts in made.items():
        # WLASL's own split leaves most classes without a test clip: that is known, and said below
        missing[name] = check_split(opened.clips, parts, allow_missing or bool(wanted["protocol"]))
    rows: list[dict[str, Any]] = []
    for name, parts in made.items():
        path = write_split(store, name, parts)
        rows.append({"split": name, "file": str(path), **Counter(parts.values()), "missing": missing[name]})
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            counts = ", ".join(f"{row.get(part, 0)} {part}" for part in ("train", "validation", "test"))
            click.echo("; ".join([f"{row['split']}: {counts}", *row["missing"]]))


@command.command()
@_STORE
@click.option("--split", "names", multiple=True, help="Splits to look at; default: all.")
@_JSON
def audit(store: Path, names: tuple[str, ...], as_json: bool) -> None:
    """Find clips that show one recording, labels that collide, and what leaks between the parts of a split.

    Exit code 1 when anything was found.
    """
    from chereme.dataset.audit import audit
    from chereme.dataset.store import Store

    opened = Store.open(store)
    found = audit(opened, {name: opened.split(name) for name in names or opened.split_names()})
    if as_json:
        print_json(found.as_json())
    else:
        click.echo(found.as_text())
    sys.exit(0 if found.clean else 1)


def _source(given: str, data: Path | None) -> "Source":
    """What the user named; of a set of pictures the landmarks are found with our own settings."""
    from chereme.dataset.load import find_source

    source = find_source(given, data)
    if not source.has_pictures:
        return source
    from chereme.landmarks.hand_pictures import hands_of_pictures

    return replace(source, look=hands_of_pictures)


def _watched(items: Any, total: int | None, as_json: bool) -> Any:
    from tqdm import tqdm

    return tqdm(items, total=total, unit="clip", disable=True if as_json else None)
