"""What `train`, `tune` and `evaluate` do where it is not signs that are recognized but signs that are made."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chereme.cli import print_json

if TYPE_CHECKING:
    from chereme.dataset.store import Store
    from chereme.recipe import Recipe
    from chereme.train.producer_config import ProducerRecipe


def is_producer(recipe: "Recipe") -> bool:
    """Recipes of producers say what they make in a table [pose], or how in a table [decoder]."""
    return bool({"pose", "decoder"} & recipe.tables.keys())


def read_producer(recipe: "Recipe") -> "ProducerRecipe":
    """The whole recipe, checked before any data is read."""
    from chereme.errors import MissingExtraError

    try:
        from chereme.train.producer_config import ProducerRecipe
    except ModuleNotFoundError as error:
        raise MissingExtraError("train", "training") from error
    return ProducerRecipe.read(recipe)


def pairs_store(data: str, poses: Path | None, recipe: "ProducerRecipe", folder: Path) -> "Store":
    """A packed store, or a CSV (or data set of Hugging Face) with .pose files, packed at `folder/store` once."""
    from chereme.dataset.pose_pairs import HUB, read_pairs
    from chereme.dataset.store import Store, pack

    if not data.startswith(HUB) and Path(data).suffix.lower() != ".csv":
        return Store.open(data)
    packed = folder / "store"
    if (packed / "store.json").is_file():
        return Store.open(packed)
    return pack(read_pairs(data, poses, recipe.pose.layout), packed)


def parts_of(store: "Store", split: str | None, share: float | None) -> tuple[dict[str, str], str]:
    """A split of the store, or one made here: by source video where all are known, so that none is on both sides."""
    from chereme.dataset.split import hold_out, random_split

    if split is not None:
        return store.split(split), split
    sources = {clip.source for clip in store.clips}
    if "" not in sources and len(sources) > 1:
        parts, name = hold_out(store.clips, ["source"], test=share or 0, validation=0), "source"
    else:
        parts, name = random_split(store.clips, test=share or 0, validation=0), "random"
    return {i: "validation" if part == "test" else part for i, part in parts.items()}, name


def train_one(
    recipe: "Recipe",
    data: str,
    poses: Path | None,
    split: str | None,
    share: float | None,
    out: Path | None,
    card: tuple[str | None, str, str],
    refit: bool,
    resume: bool,
    track: str,
    as_json: bool,
) -> None:
    """`chereme train` for a producer."""
    import json

    from chereme.bundle import Card
    from chereme.train.producer import train_producer
    from chereme.train.tracking import tracking_to

    if "decoder" in recipe.tables:
        _typical_signs(recipe, data, split, share, out, card, refit, as_json)
        return
    settings = read_producer(recipe)
    folder = out or Path("runs") / f"{recipe.name}-{split or 'validated'}"
    store = pairs_store(data, poses, settings, folder)
    parts, name = parts_of(store, split, share)
    title, licence, use = card
    about = Card(
        title or f"{recipe.name} on {Path(data).name}",
        f"Trained with `chereme train {recipe.name} --data {Path(data).name}`, validated by {name!r}.",
        (Path(data).name,),
        licence,
        use,
        ("No Deaf signer has judged what it makes.", "Measured on nothing but its validation clips."),
    )
    show = not as_json and sys.stderr.isatty()
    bundle = train_producer(
        settings, store, parts, folder, about, split_name=split or name, refit=refit, resume=resume, show=show,
        track=tracking_to(track, folder.parent),
    )  # fmt: skip
    scores = json.loads((bundle / "scores.json").read_text(encoding="utf-8"))
    if as_json:
        print_json({"bundle": str(bundle), **scores})
        return
    many = f"{scores['epochs']} epoch{'s' if scores['epochs'] != 1 else ''}"
    click.echo(f"{scores['train_clips']} clips, {many}: {bundle}")
    if "validation_loss" in scores:
        click.echo(
            f"validation loss {scores['validation_loss']:.4f} ({scores['validation_clips']} clips, chose the epoch)"
        )
    if scores["cut_texts"]:
        click.echo(f"{scores['cut_texts']} texts were longer than text.max_length and were cut")
    click.echo(f'next: chereme produce "A TEXT" --bundle {bundle} -o out.mp4')


def _typical_signs(
    recipe: "Recipe",
    data: str,
    split: str | None,
    share: float | None,
    out: Path | None,
    card: tuple[str | None, str, str],
    refit: bool,
    as_json: bool,
) -> None:
    """`chereme train` by a recipe with a table [decoder]: each word's typical sign, and one small network for all."""
    from chereme.bundle import Card
    from chereme.dataset.store import Store
    from chereme.errors import MissingExtraError, TrainingError

    try:
        from chereme.train.bundled_producers import by_gloss
        from chereme.train.decoder import DecoderConfig, train_decoder, write_decoder
    except ModuleNotFoundError as error:
        raise MissingExtraError("train", "training") from error

    recipe.check_tables(["decoder"])
    settings = recipe.stage("decoder", DecoderConfig)
    folder = (out or Path("runs") / f"{recipe.name}-{split or 'validated'}") / "bundle"
    if folder.exists():
        raise TrainingError(f"{folder}: is there already; name another folder with -o")
    store = Store.open(data)
    parts, _ = parts_of(store, split, share)
    taught = {"train", "validation"} if refit else {"train"}
    clips = [(clip, store.sequence(i)) for i, clip in enumerate(store.clips) if parts.get(clip.id) in taught]
    languages = sorted({clip.language for clip, _ in clips if clip.language})
    about = Card(
        card[0] or f"{recipe.name} on {Path(data).name}",
        f"Each word as its clips of {Path(data).name} typically sign it, learnt by one small network.",
        (Path(data).name,),
        card[1],
        card[2],
        ("No Deaf signer has judged what it makes.", "Measured on nothing but the clips that it learnt from."),
    )
    decoder = train_decoder(by_gloss(clips), settings)
    language = languages[0] if len(languages) == 1 else ""
    write_decoder(folder, decoder, recipe, about, language, [clip.id for clip, _ in clips])
    if as_json:
        print_json({"bundle": str(folder), "glosses": len(decoder.glosses), **decoder.scores})
    else:
        click.echo(f"{len(decoder.glosses)} words of {len(clips)} clips: {folder}")


def select(
    recipes: tuple[str, ...],
    data: str,
    poses: Path | None,
    split: str | None,
    out: Path | None,
    epochs: int,
    changes: tuple[str, ...],
    resume: bool,
    as_json: bool,
) -> None:
    """`chereme tune --select`: short runs of several producers on the same clips."""
    from dataclasses import asdict

    from chereme.errors import MissingExtraError
    from chereme.recipe import find_recipe

    chosen = [find_recipe(name).changed(changes) if changes else find_recipe(name) for name in recipes]
    for recipe in chosen:
        if "pose" not in recipe.tables:
            raise click.UsageError(f"{recipe.name}: --select compares producers, recipes with a table [pose]")
    try:
        from chereme.train.producer_select import select_producer
    except ModuleNotFoundError as error:
        raise MissingExtraError("train", "tuning") from error
    settings = [read_producer(recipe) for recipe in chosen]
    folder = out or Path("runs") / f"select-{split or 'validated'}"
    store = pairs_store(data, poses, settings[0], folder)
    parts, name = parts_of(store, split, 0.2)
    show = not as_json and sys.stderr.isatty()
    found = select_producer(settings, store, parts, folder, split_name=name, epochs=epochs, resume=resume, show=show)
    if as_json:
        print_json({"folder": str(folder), "candidates": [asdict(one) for one in found]})
    else:
        width = max(len("recipe"), *(len(one.recipe) for one in found))
        click.echo(f"{'recipe':{width}}  validation loss  epochs  weights")
        for one in found:
            if one.validation_loss is None:
                click.echo(f"{one.recipe:{width}}  failed: {one.failed}")
            else:
                click.echo(f"{one.recipe:{width}}  {one.validation_loss:15.4f}  {one.epochs:6}  {one.weights:,}")
        click.echo(f"table: {folder / 'selection.csv'}")
    if any(one.failed for one in found):
        sys.exit(1)


def evaluate(
    folder: Path, data: Path, split: str | None, part: str, recognizer: str | None, floors: bool, as_json: bool
) -> None:
    """`chereme evaluate` for a producer."""
    import json

    from chereme.bundle import INDEX, clip_digest
    from chereme.dataset.store import Store
    from chereme.errors import SplitError
    from chereme.evaluate.production_report import evaluate_producer
    from chereme.produce import open_bundle
    from chereme.produce.generate import Generator
    from chereme.recognize import Recognizer

    producer = open_bundle(folder)
    about: dict[str, Any] = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    store = Store.open(data)
    names = store.split_names()
    if split is None and len(names) != 1:
        there = ", ".join(names) or "none; make one with `chereme dataset split`"
        raise click.UsageError(f"{data}: which split is meant? it has {there}")
    parts = store.split(split or names[0])
    asked = [i for i, clip in enumerate(store.clips) if parts.get(clip.id) == part]
    known = {gloss.casefold() for gloss in producer.glosses}
    knows = producer.knows if isinstance(producer, Generator) else lambda gloss: gloss.casefold() in known
    chosen = [i for i in asked if knows(store.clips[i].gloss)]
    if asked and not chosen:
        raise SplitError(
            f"{data}, split {split or names[0]!r}, part {part}: each of its {len(asked)} clips holds words that"
            f" {about['name']} was never taught; look at it with `chereme dataset stats`"
        )
    taught = [i for i, clip in enumerate(store.clips) if parts.get(clip.id) and parts[clip.id] not in (part, "test")]
    seen = set(about.get("trained_on", ()))
    shown = sum(clip_digest(store.clips[i].id) in seen for i in chosen)
    judge = Recognizer.load(recognizer) if recognizer else None
    show = not as_json and sys.stderr.isatty()
    found = evaluate_producer(
        producer.produce,
        [(store.clips[i], store.sequence(i)) for i in chosen],
        [(store.clips[i], store.sequence(i)) for i in taught] if floors else (),
        name=str(about["name"]),
        split=split or names[0],
        part=part,
        recognize=judge.recognize if judge else None,
        progress=show,
    )
    both = len(seen & set(judge.bundle.trained_on)) if judge else 0
    if as_json:
        more = {"never_taught": len(asked) - len(chosen), "trained_on": shown, "judge_trained_on_the_same": both}
        print_json({**found.as_json(), **more})
    else:
        click.echo(found.as_text(), nl=False)
        if len(asked) > len(chosen):
            click.echo(f"{len(asked) - len(chosen)} of {len(asked)} left out: they hold words that it was never taught")
        if shown:
            click.echo(f"{shown} of the references are clips that it was trained on: this says nothing of new ones")
        if both:
            click.echo(
                f"the recognizer was trained on {both} of the producer's clips too: what it names measures little"
            )
    if found.failed:
        sys.exit(1)
