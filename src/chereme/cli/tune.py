"""`chereme tune`: a recipe, a packed data set and a search space in, the best settings out."""

from pathlib import Path
from typing import Any

import click

from chereme.cli import print_json


@click.command(name="tune")
@click.argument("recipe")
@click.option(
    "--data", "data", required=True, type=click.Path(path_type=Path), help="Packed store; with --select also a CSV."
)
@click.option("--split", help="Name of a split of the store; its validation clips choose. Needed but with --select.")
@click.option(
    "--select", "others", multiple=True, metavar="RECIPE", help="Compare producers in short runs; again for more."
)
@click.option("--epochs", type=click.IntRange(1), default=5, show_default=True, help="With --select: of each run.")
@click.option("--poses", type=click.Path(path_type=Path), help="With --select and a CSV: folder of its .pose files.")
@click.option("--trials", type=click.IntRange(1), help="How many in all, earlier ones included.  [default: recipe, 20]")
@click.option("--space", type=click.Path(path_type=Path), help="TOML file with what to try, for the recipe's [tune].")
@click.option("--sampler", type=click.Choice(["tpe", "random", "grid"]), help="Instead of the recipe's.")
@click.option("--pruner", type=click.Choice(["median", "hyperband", "none"]), help="Instead of the recipe's.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder.  [default: runs/tune-RECIPE-SPLIT]")
@click.option("--resume", is_flag=True, help="Go on with an interrupted search, or add trials to it.")
@click.option("--storage", metavar="URL", help="Of the study, for SQLAlchemy.  [default: study.db in the folder]")
@click.option("--ray", metavar="ADDRESS", help="Run trials on this Ray cluster; `local` begins one here.")
@click.option("--track", default="csv", show_default=True, metavar="csv|mlflow[:URI]", help="Where trials are logged.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the search.")
@click.option("--set", "changes", multiple=True, metavar="TABLE.KEY=VALUE", help="Change a recipe's value (TOML).")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(
    recipe: str,
    data: Path,
    split: str | None,
    others: tuple[str, ...],
    epochs: int,
    poses: Path | None,
    trials: int | None,
    space: Path | None,
    sampler: str | None,
    pruner: str | None,
    out: Path | None,
    resume: bool,
    storage: str | None,
    ray: str | None,
    track: str,
    seed: int,
    changes: tuple[str, ...],
    as_json: bool,
) -> None:
    """Search settings of RECIPE, a TOML file or the name of one that ships, by their validation score.

    The folder gets study.db, trials.csv, a folder per trial, and best.toml: the recipe to train next.

    With --select nothing is searched: RECIPE and the others, all producers, are trained for a few epochs each on the
    same clips, and the table of their validation losses says which one to train in full.
    """
    if others:
        from chereme.cli._producers import select

        select((recipe, *others), str(data), poses, split, out, epochs, changes, resume, as_json)
        return
    import sys
    from dataclasses import replace

    from chereme.dataset.store import Store
    from chereme.errors import MissingExtraError
    from chereme.recipe import find_recipe

    chosen = find_recipe(recipe)
    if {"pose", "decoder"} & chosen.tables.keys():
        raise click.UsageError(f"{recipe}: settings of producers are not searched; compare producers with --select")
    if "handshape" in chosen.tables:
        raise click.UsageError(f"{recipe}: recipes of signs are tuned, not those of letters")
    if split is None:
        raise click.UsageError("name a split of the store with --split: its validation clips choose the settings")
    try:
        from chereme.train.config import RecognizerRecipe
        from chereme.train.search import read_space
        from chereme.train.tracking import tracking_to
        from chereme.train.tune import Search, TrialState, tune
    except ModuleNotFoundError as error:
        raise MissingExtraError("train", "tuning") from error
    chosen = chosen.changed(changes) if changes else chosen
    config, dimensions = read_space(RecognizerRecipe.read(chosen).tune, chosen, space)
    given: dict[str, Any] = {"trials": trials, "sampler": sampler, "pruner": pruner}
    config = replace(config, **{name: value for name, value in given.items() if value is not None})
    folder = out or Path("runs") / f"tune-{chosen.name}-{split}"
    search = Search(
        chosen,
        dimensions,
        data.resolve(),
        Store.open(data).split(split),
        folder.resolve(),
        storage or f"sqlite:///{(folder / 'study.db').resolve()}",
        config,
        seed,
        tracking_to(track, folder),
    )
    show = not as_json and sys.stderr.isatty()
    found = tune(search, split_name=split, resume=resume, show=show, cluster=ray)
    failed = [trial for trial in found.trials if trial.state == TrialState.FAIL]
    counts = {state.name.lower(): found.count(state) for state in (TrialState.COMPLETE, TrialState.PRUNED)}
    counts["failed"] = len(failed)
    best = {} if found.best is None else search.values(found.best)
    if as_json:
        shown = (
            {"trial": found.best.number, "validation_top1": found.best.value, "settings": best} if found.best else None
        )
        print_json({"folder": str(folder), **counts, "best": shown, "recipe": found.recipe and str(found.recipe)})
    else:
        click.echo(", ".join(f"{count} {state}" for state, count in counts.items()) + f": {folder / 'trials.csv'}")
        for trial in failed:
            click.echo(f"trial {trial.number}: {trial.user_attrs.get('reason', 'no reason known')}", err=True)
        if found.best is not None:
            click.echo(f"best: trial {found.best.number}, validation top-1 {found.best.value:.3f}, which chose it")
            click.echo("\n".join(f"  {name} = {value}" for name, value in best.items()))
            click.echo(f"next: chereme train {folder / 'best.toml'} --data {data} --split {split}")
    if failed:
        sys.exit(1)
