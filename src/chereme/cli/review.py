"""`chereme review`: people look at clips on a local page; their decisions are kept, merged, compared, exported."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chereme.cli import print_json

if TYPE_CHECKING:
    from chereme.review import Decisions, Outcome, ReviewClip
    from chereme.review.doubt import Doubts

__all__ = ["command"]

DECISIONS = "review.sqlite"


@click.command(name="review")
@click.argument("place", type=click.Path(path_type=Path))
@click.option(
    "--decisions", "file", type=click.Path(path_type=Path), help="Where decisions are kept.  [default: beside PLACE]"
)
@click.option("--reviewer", help="Who reviews.  [default: the name of this machine's user]")
@click.option("--films", multiple=True, type=click.Path(path_type=Path), help="Where the films lie; repeatable.")
@click.option("--poses", type=click.Path(path_type=Path), help="What `chereme extract` made of the films.")
@click.option("--bundle", help="Begin with the clips that this recognizer doubts most.")
@click.option("--lexicon", help="The same by the signs of a lexicon.")
@click.option("--encoder", help="The same by how the clips lie among each other: a bundle that embeds, as asl1700.")
@click.option("--by-word", is_flag=True, help="With a model: finish a word before another one is shown.")
@click.option("--port", type=click.IntRange(0, 65535), help="0 takes any free one.  [default: 8775, or the next free]")
@click.option("--open/--no-open", "browser", default=None, help="Open the page.  [default: when run by hand]")
@click.option("--merge", "others", multiple=True, type=click.Path(path_type=Path), help="Take over others' decisions.")
@click.option("--rename", multiple=True, metavar="OLD=NEW", help="With --merge: what somebody is called here.")
@click.option("--same", multiple=True, metavar="NAME", help="With --merge: one person in both files.")
@click.option("--agreement", is_flag=True, help="How well each two reviewers agree: Cohen's kappa.")
@click.option(
    "--export", "table", type=click.Path(path_type=Path), help="Write a CSV for `chereme curate --decisions`."
)
@click.option("--manifest", type=click.Path(path_type=Path), help="Write the accepted clips, trimmed, as a manifest.")
@click.option("--of", "reviewers", multiple=True, help="Of the exports: whose decisions count.  [default: everybody's]")
@click.option("--keep-variants", is_flag=True, help="Of --export: other signs of a word stay, too.")
@click.option("--json", "as_json", is_flag=True, help="Of merging, agreement and exports: for machines.")
def command(
    place: Path,
    file: Path | None,
    reviewer: str | None,
    films: tuple[Path, ...],
    poses: Path | None,
    bundle: str | None,
    lexicon: str | None,
    encoder: str | None,
    by_word: bool,
    port: int | None,
    browser: bool | None,
    others: tuple[Path, ...],
    rename: tuple[str, ...],
    same: tuple[str, ...],
    agreement: bool,
    table: Path | None,
    manifest: Path | None,
    reviewers: tuple[str, ...],
    keep_variants: bool,
    as_json: bool,
) -> None:
    """Look at the clips of PLACE on a local page: accept, reject, mark and trim them, by keyboard.

    PLACE is what `chereme curate` or `collect` wrote, a manifest, or a folder of class folders. With --merge,
    --agreement, --export or --manifest no page is served.
    """
    import sys
    from getpass import getuser

    from chereme.review import Decisions, read_clips

    if sum(option is not None for option in (bundle, lexicon, encoder)) > 1:
        raise click.UsageError("--bundle, --lexicon and --encoder are three ways to doubt; name one")
    if (rename or same) and not others:
        raise click.UsageError("--rename and --same say how a file is to be taken over; name it with --merge")
    if wrong := [pair for pair in rename if not all(pair.partition("=")[::2])]:
        raise click.UsageError(f"--rename {wrong[0]}: write OLD=NEW")
    file = file or (place if place.is_dir() else place.parent) / DECISIONS
    if others or agreement or table or manifest:
        kept = Decisions(file, create=bool(others))
        new = {
            str(other): kept.merge(Decisions(other), dict(pair.split("=", 1) for pair in rename), same)
            for other in others
        }
        told: dict[str, Any] = {"decisions": str(file), "reviewers": kept.reviewers()}
        if others:
            told["merged"] = new
        if agreement:
            told["agreement"] = _agreement(kept)
        if table or manifest:
            told |= _export(kept, reviewers, table, manifest, keep_variants, lambda: read_clips(place, films, poses))
        print_json(told) if as_json else click.echo("\n".join(_lines(told)))
        return
    clips = read_clips(place, films, poses)
    doubts = _doubts(clips, bundle, lexicon, encoder)
    _serve(clips, Decisions(file, create=True), reviewer or getuser(), doubts, by_word, port, browser, sys.stdout)


def _serve(
    clips: "Sequence[ReviewClip]",
    decisions: "Decisions",
    reviewer: str,
    doubts: "Doubts | None",
    by_word: bool,
    port: int | None,
    browser: bool | None,
    out: Any,
) -> None:
    from chereme.review.run import run_review
    from chereme.review.session import Session

    with decisions.present(reviewer) as name:
        before = decisions.reviewers()[name]
        if before:
            click.echo(
                f"{name} decided on {before} clips here before; if that is not you, name yourself with --reviewer"
            )
        missing = sum(not clip.film for clip in clips)
        if missing:
            click.echo(f"{missing} of {len(clips)} clips have no film here")
        session = Session(clips, decisions, name, doubts, by_word)
        run_review(session, port, out.isatty() if browser is None else browser, click.echo)


def _doubts(
    clips: "Sequence[ReviewClip]", bundle: str | None, lexicon: str | None, encoder: str | None
) -> "Doubts | None":
    from chereme.lexicon import Lexicon
    from chereme.recognize import Recognizer
    from chereme.review.doubt import doubts_among, doubts_of_lexicon, doubts_of_recognizer

    found: Doubts | None = None
    if bundle is not None:
        found = doubts_of_recognizer(Recognizer.load(bundle), clips, _watched)
    elif encoder is not None:
        found = doubts_among(Recognizer.load(encoder), clips, _watched)
    elif lexicon is not None:
        with Lexicon.open(lexicon) as opened:
            found = doubts_of_lexicon(opened, clips, _watched)
    if found is not None and all(doubt is None for doubt in found):
        click.echo(
            "the model can say nothing of these clips: it needs landmarks (--poses) and words that it knows", err=True
        )
    return found


def _watched(clips: "Sequence[ReviewClip]") -> "Iterable[ReviewClip]":
    from tqdm import tqdm

    bar: Iterable[ReviewClip] = tqdm(clips, unit="clip", disable=None)
    return bar


def _agreement(kept: "Decisions") -> list[dict[str, Any]]:
    from chereme.review import agreements

    return [found.as_json() for found in agreements(kept)]


def _export(
    kept: "Decisions",
    reviewers: Sequence[str],
    table: Path | None,
    manifest: Path | None,
    keep_variants: bool,
    clips: "Callable[[], list[ReviewClip]]",
) -> dict[str, Any]:
    from collections import Counter

    from chereme.review import outcomes, write_decisions, write_kept

    found: list[Outcome] = outcomes(kept, reviewers)
    told: dict[str, Any] = {
        "verdicts": dict(Counter(one.decision.verdict or "undecided" for one in found)),
        "undecided": [{"clip": one.clip.key, **one.votes} for one in found if not one.decision.verdict],
    }
    if table is not None:
        told["export"] = {"file": str(table), "clips": write_decisions(found, table, keep_variants)}
    if manifest is not None:
        count, mirrored = write_kept(found, clips(), manifest)
        told["manifest"] = {"file": str(manifest), "clips": count, "mirrored": mirrored}
    return told


def _lines(told: dict[str, Any]) -> list[str]:
    lines = [
        f"{told['decisions']}: " + (", ".join(f"{n} by {name}" for name, n in told["reviewers"].items()) or "none")
    ]
    lines += [f"{count} new lines from {other}" for other, count in told.get("merged", {}).items()]
    for pair in told.get("agreement", ()):
        first, second = pair["reviewers"]
        if not pair["clips"]:
            lines.append(f"{first} and {second} have looked at no clip in common")
            continue
        kappa = "not defined" if pair["kappa"] is None else f"{pair['kappa']:.2f}"
        lines.append(
            f"{first} and {second}: {pair['clips']} clips in common, {pair['agreed']:.0%} agreed, Cohen's kappa {kappa}"
        )
        lines += [f"  {clip}: {a} / {b}" for clip, a, b in pair["differ"]]
    if "verdicts" in told:
        lines.append("clips: " + (", ".join(f"{n} {verdict}" for verdict, n in told["verdicts"].items()) or "none"))
        lines += [f"  as many said one thing as another of {one['clip']}" for one in told["undecided"]]
    if "export" in told:
        lines.append(f"{told['export']['clips']} decisions in {told['export']['file']}")
    if "manifest" in told:
        lines.append(f"{told['manifest']['clips']} clips in {told['manifest']['file']}")
        lines += [f"  mirrored, so extract it with --mirrored: {path}" for path in told["manifest"]["mirrored"]]
    return lines
