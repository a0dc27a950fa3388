"""`chereme train`: a recipe and a packed data set in, a bundle out."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chereme.cli import print_json

if TYPE_CHECKING:
    from chereme.dataset.split import Split
    from chereme.dataset.store import Store
    from chereme.recipe import Recipe
    from chereme.train.config import RecognizerRecipe
    from chereme.train.letters_config import LettersRecipe


@click.command(name="train")
@click.argument("recipe")
@click.option(
    "--data",
    "data",
    required=True,
    type=click.Path(path_type=Path),
    help="Packed store; for letters also an .npz; for producers also a CSV `uid,text`, or hf:OWNER/NAME[:CONFIG].",
)
@click.option(
    "--poses", type=click.Path(path_type=Path), help="With a CSV: folder of its .pose files.  [default: its own]"
)
@click.option("--split", help="Name of a split of the store, from `chereme dataset split`.")
@click.option(
    "--val-split",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Instead: validate on this share, by signer where all are known, else at random, which is optimistic.",
)
@click.option("--folds", type=click.IntRange(3), help="Instead: as many models, each tested on groups of its own.")
@click.option("--by", default="signer", show_default=True, help="With --folds: signer, source, block, any column.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Run folder.  [default: runs/RECIPE-SPLIT]")
@click.option("--resume", is_flag=True, help="Go on where an interrupted run stopped.")
@click.option("--refit", is_flag=True, help="After validation, train anew on training and validation clips together.")
@click.option(
    "--from",
    "start",
    metavar="BUNDLE|CHECKPOINT",
    help="Begin from its weights instead of random ones; a checkpoint only for letters.",
)
@click.option("--seed", type=int, help="Instead of the recipe's.")
@click.option("--set", "changes", multiple=True, metavar="TABLE.KEY=VALUE", help="Change a recipe's value (TOML).")
@click.option("--track", default="csv", metavar="csv|mlflow[:URI]", help="Signs: also log to MLflow.  [default: csv]")
@click.option("--title", help="For the bundle's card.")
@click.option("--licence", default="not stated", help="Of the data, for the card.")
@click.option(
    "--use", type=click.Choice(["open", "research"]), default="research", show_default=True, help="For the card."
)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(
    recipe: str,
    data: Path,
    poses: Path | None,
    split: str | None,
    val_split: float | None,
    folds: int | None,
    by: str,
    out: Path | None,
    resume: bool,
    refit: bool,
    start: str | None,
    seed: int | None,
    changes: tuple[str, ...],
    track: str,
    title: str | None,
    licence: str,
    use: str,
    as_json: bool,
) -> None:
    """Train by RECIPE, a TOML file or the name of one that ships: a recognizer of signs, of letters from one hand, or
    a producer, which makes signing out of glosses or text.

    The run folder holds progress.csv, checkpoints (best and last) and, at the end, the bundle.
    """
    import sys

    from chereme.bundle import Card
    from chereme.cli._producers import is_producer, train_one
    from chereme.evaluate.report import split_title
    from chereme.recipe import find_recipe

    if [split, val_split, folds].count(None) != 2:
        raise click.UsageError(
            "name a split of the store with --split, or a share with --val-split, one of the two; or ask for --folds"
        )
    chosen = find_recipe(recipe)
    letters = "handshape" in chosen.tables
    if start is not None and folds:
        raise click.UsageError("--from does not go with --folds")
    if letters and (folds or track != "csv"):
        raise click.UsageError("--folds and --track are for signs, not for recipes with a table [handshape]")
    if seed is not None:
        table = "letters" if letters else "decoder" if "decoder" in chosen.tables else "train"
        changes = (*changes, f"{table}.seed={seed}")
    chosen = chosen.changed(changes) if changes else chosen
    if is_producer(chosen):
        if folds or start is not None:
            raise click.UsageError("--folds and --from are not for producers")
        about = (title, licence, use)
        train_one(chosen, str(data), poses, split, val_split, out, about, refit, resume, track, as_json)
        return
    kind, unit = ("letters", "hands") if letters else ("words", "clips")
    settings: Any = _settings(chosen)
    made_of = split or (f"{folds}-folds-by-{by}" if folds else "validated")
    folder = out or Path("runs") / f"{chosen.name}-{made_of}"
    store = _store(data)
    if folds:
        _run_folds(settings, store, folder, (data, title, licence, use), by, folds, refit, resume, track, as_json)
        return
    parts, name = (store.split(split), split) if split else _share(store, val_split or 0)
    shown = split_title(name)
    card = Card(
        title or f"{chosen.name} on {data.name}",
        f"Trained with `chereme train {chosen.name} --data {data.name}` on split {shown!r}.",
        (data.name,),
        licence,
        use,
        (f"Knows its {kind} only; measured on nothing but the validation {unit} of split {shown!r}.",),
    )
    show = not as_json and sys.stderr.isatty()
    how: dict[str, Any] = {"split_name": split or shown, "refit": refit, "resume": resume, "show": show}
    if start is not None:
        from chereme.train.start import read_start

        how["start"] = read_start(start, "speller" if letters else "recognizer")
    if letters:
        from chereme.train.letters import train_speller

        bundle = train_speller(settings, store, parts, folder, card, **how)
    else:
        from chereme.train.devices import first_process
        from chereme.train.run import train_bundle
        from chereme.train.tracking import tracking_to

        bundle = train_bundle(settings, store, parts, folder, card, track=tracking_to(track, folder.parent), **how)
        if not first_process():
            return
    if as_json:
        print_json({"bundle": str(bundle.folder), "glosses": len(bundle.labels), **bundle.scores})
        return
    top1 = bundle.scores.get("validation_top1")
    epochs = bundle.scores["epochs"]
    click.echo(f"{len(bundle.labels)} {kind}, {epochs} epoch{'s' if epochs != 1 else ''}: {bundle.folder}")
    if top1 is not None:
        held = bundle.scores[f"validation_{unit}"]
        click.echo(f"validation top-1 {top1:.3f} ({held} {unit}, used to choose the epoch)")
    if split is None:
        click.echo(f"{unit} held out: {shown}; all others trained, so a test needs other data")
    else:
        click.echo(f"next: chereme evaluate {bundle.folder} --data {data} --split {split}")


def _run_folds(
    settings: "RecognizerRecipe",
    store: "Store",
    folder: Path,
    about: tuple[Path, str | None, str, str],
    by: str,
    folds: int,
    refit: bool,
    resume: bool,
    track: str,
    as_json: bool,
) -> None:
    """Train and test fold by fold, and print the table."""
    import sys

    from chereme.bundle import Card
    from chereme.train.devices import first_process
    from chereme.train.experiment import run_experiment
    from chereme.train.tracking import tracking_to

    data, title, licence, use = about
    card = Card(
        title or f"{settings.source.name} on {data.name}",
        f"One of {folds} folds by {by} of `chereme train {settings.source.name} --data {data.name} --folds {folds}`.",
        (data.name,),
        licence,
        use,
        ("Made to measure a recipe: it was not shown the clips of its own test fold.",),
    )
    found = run_experiment(
        settings, store, folder, card, by=by, folds=folds, refit=refit, resume=resume,
        show=not as_json and sys.stderr.isatty(), track=tracking_to(track, folder),
    )  # fmt: skip
    if not first_process():
        return
    if as_json:
        print_json({"folder": str(folder), **found.as_json()})
    else:
        click.echo(found.as_text() + f"report: {folder / 'report'}")


def _settings(recipe: "Recipe") -> "RecognizerRecipe | LettersRecipe":
    """The whole recipe, checked before any data is read."""
    from chereme.errors import MissingExtraError

    try:
        from chereme.train.config import RecognizerRecipe
        from chereme.train.letters_config import LettersRecipe
    except ModuleNotFoundError as error:
        raise MissingExtraError("train", "training") from error
    if "handshape" not in recipe.tables:
        return RecognizerRecipe.read(recipe)
    if "motions" in recipe.tables:
        from chereme.spell.motion import read_motions

        read_motions(recipe)
    if "hands" in recipe.tables:
        from chereme.landmarks.hands import HandConfig

        recipe.stage("hands", HandConfig)
    return LettersRecipe.read(recipe)


def _store(data: Path) -> "Store":
    """The packed store, or one of an .npz that is there until the command ends.

    Nothing of it stands in the run's folder: that holds what an earlier run was trained on, or is not this run's.
    """
    import tempfile

    from chereme.dataset.store import Store

    if data.suffix.lower() != ".npz":
        return Store.open(data)
    from chereme.dataset.npz import store_from_npz

    place = click.get_current_context().with_resource(tempfile.TemporaryDirectory(prefix="chereme-"))
    return store_from_npz(data, Path(place) / data.stem)


def _share(store: "Store", share: float) -> tuple["Split", str]:
    """Training and validation clips, and what to call this."""
    from chereme.dataset.split import hold_out, random_split

    if all(clip.signer for clip in store.clips):
        parts, name = hold_out(store.clips, ["signer"], test=share, validation=0), "signer"
    else:
        parts, name = random_split(store.clips, test=share, validation=0), "random"
    return {i: "validation" if part == "test" else part for i, part in parts.items()}, name
