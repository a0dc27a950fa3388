"""`chereme train`: a recipe and a packed data set in, a bundle out."""

from pathlib import Path

import click

from chereme.cli import print_json


@click.command(name="train")
@click.argument("recipe")
@click.option("--data", "store", required=True, type=click.Path(path_type=Path), help="Packed store.")
@click.option("--split", required=True, help="Name of a split of the store, from `chereme dataset split`.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Run folder.  [default: runs/RECIPE-SPLIT]")
@click.option("--resume", is_flag=True, help="Go on where an interrupted run stopped.")
@click.option("--refit", is_flag=True, help="After validation, train anew on training and validation clips together.")
@click.option("--seed", type=int, help="Instead of the recipe's.")
@click.option("--set", "changes", multiple=True, metavar="TABLE.KEY=VALUE", help="Change a recipe's value (TOML).")
@click.option("--title", help="For the bundle's card.")
@click.option("--licence", default="not stated", help="Of the data, for the card.")
@click.option(
    "--use", type=click.Choice(["open", "research"]), default="research", show_default=True, help="For the card."
)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(
    recipe: str,
    store: Path,
    split: str,
    out: Path | None,
    resume: bool,
    refit: bool,
    seed: int | None,
    changes: tuple[str, ...],
    title: str | None,
    licence: str,
    use: str,
    as_json: bool,
) -> None:
    """Train a recognizer by RECIPE, a TOML file or the name of one that ships with chereme.

    The run folder holds progress.csv, checkpoints (best and last) and, at the end, the bundle.
    """
    import sys

    from chereme.bundle import Card
    from chereme.dataset.store import Store
    from chereme.errors import MissingExtraError
    from chereme.recipe import find_recipe

    try:
        from chereme.train.config import RecognizerRecipe
        from chereme.train.run import train_bundle
    except ModuleNotFoundError as error:
        raise MissingExtraError("train", "training") from error
    chosen = find_recipe(recipe)
    if seed is not None:
        changes = (*changes, f"train.seed={seed}")
    settings = RecognizerRecipe.read(chosen.changed(changes) if changes else chosen)
    opened = Store.open(store)
    folder = out or Path("runs") / f"{chosen.name}-{split}"
    card = Card(
        title or f"{chosen.name} on {store.name}",
        f"Trained with `chereme train {chosen.name} --data {store.name} --split {split}`.",
        (store.name,),
        licence,
        use,
        (f"Knows its words only; measured on nothing but the validation clips of split {split!r}.",),
    )
    show = not as_json and sys.stderr.isatty()
    bundle = train_bundle(
        settings,
        opened,
        opened.split(split),
        folder,
        card,
        split_name=split,
        refit=refit,
        resume=resume,
        show=show,
    )
    if as_json:
        print_json({"bundle": str(bundle.folder), "glosses": len(bundle.labels), **bundle.scores})
        return
    top1 = bundle.scores.get("validation_top1")
    click.echo(f"{len(bundle.labels)} words, {bundle.scores['epochs']} epochs: {bundle.folder}")
    if top1 is not None:
        click.echo(f"validation top-1 {top1:.3f} ({bundle.scores['validation_clips']} clips, used to choose the epoch)")
    click.echo(f"next: chereme evaluate {bundle.folder} --data {store} --split {split}")
