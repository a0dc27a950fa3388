"""`chereme demo`: a tour that needs no data, no network and no torch."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chereme.cli import print_json

if TYPE_CHECKING:
    from chereme.produce import Decoder
    from chereme.recognize import Recognizer
    from chereme.render import SheetRow

SHOWS = (
    "This shows that the whole chain works on this machine: signing became a video file, and that file was read like"
    " any other, down to a word."
)
TEXT = "A photograph of peace in the newspaper."
"""What is signed when nothing is asked for."""
DOES_NOT_SHOW = (
    "It does not show how well real signing is recognized: nobody was filmed, the signs were drawn from a small network"
    " trained on recordings that the recognizer was trained on too, and no Deaf signer has judged them; the"
    " recognizer's score on recordings it never saw is in its card ({card})."
)


@click.command(name="demo")
@click.option("--word", "words", multiple=True, metavar="GLOSS", help="A word to sign, again for more.")
@click.option("--text", help=f"Instead: an English sentence, of which it signs the words it knows.  [default: {TEXT}]")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("chereme-demo"),
    show_default=True,
    help="Folder for the videos, poses and the picture.",
)
@click.option("--bundle", default="isl43", show_default=True, help="Recognizer: a folder or a bundled name.")
@click.option("--decoder", default="isl43_producer", show_default=True, help="Producer: a folder or a bundled name.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(words: tuple[str, ...], text: str | None, out: Path, bundle: str, decoder: str, as_json: bool) -> None:
    """A tour: a text becomes glosses, these are signed by a drawn person, filmed, and recognized from the film.

    Needs no data and no network. Ends with how many words came back right, and a picture of what happened.
    """
    from time import perf_counter

    start = perf_counter()
    say = _silent if as_json else click.echo
    say("Opening the two bundles")
    from chereme.produce import Decoder
    from chereme.recognize import Recognizer
    from chereme.render import contact_sheet, write_picture

    recognizer = Recognizer.load(bundle)
    producer = Decoder.load(decoder)
    known = {g.casefold(): g for g in producer.glosses}
    for word in words:
        if word.casefold() not in known:
            raise click.BadParameter(
                f"{word!r} is not among its words: {', '.join(producer.glosses)}", param_hint="--word"
            )
    if words and text is not None:
        raise click.UsageError("--word or --text, one of the two")
    said, glosses, left_out = None, list(dict.fromkeys(known[w.casefold()] for w in words)), list[str]()
    if not words:
        said = text or TEXT
        glosses, left_out = _glosses(said, known)
        if not glosses:
            raise click.BadParameter(
                f"none of its words can be signed here; those that can: {', '.join(producer.glosses)}",
                param_hint="--text",
            )
    say(f"  {producer.folder.name} signs {', '.join(producer.glosses)}")
    say(f"  {recognizer.bundle.name} recognizes {len(recognizer.bundle.labels)} words")
    if said is not None:
        without = f" (without {', '.join(left_out)}, which it was not taught)" if left_out else ""
        say(f"\n{said!r} in glosses: {' '.join(glosses)}{without}")
    results, rows = [], []
    for number, gloss in enumerate(glosses, 1):
        say(f"\n{number}/{len(glosses)}  {gloss}")
        result, row = _one_word(gloss, producer, recognizer, out, say)
        results.append(result)
        rows.append(row)
    sheet = out / "demo.png"
    note = f"{SHOWS} {DOES_NOT_SHOW.format(card='card.md')}"
    write_picture(contact_sheet(rows, "chereme demo: decoded, drawn, filmed, recognized", note), sheet)
    does_not_show = DOES_NOT_SHOW.format(card=recognizer.bundle.folder / "card.md")
    seconds = round(perf_counter() - start, 1)
    if as_json:
        print_json(
            {
                "text": said,
                "glosses": glosses,
                "left_out": left_out,
                "right": sum(r["recognized"] == r["gloss"] for r in results),
                "words": results,
                "sheet": str(sheet),
                "bundle": recognizer.bundle.name,
                "decoder": producer.folder.name,
                "seconds": seconds,
                "shows": SHOWS,
                "does_not_show": does_not_show,
            }
        )
        return
    right = sum(r["recognized"] == r["gloss"] for r in results)
    say(
        f"\n{right} of {len(results)} words came back right, in {seconds:.0f} s. The whole tour in one picture: {sheet}"
    )
    say(f"\n{SHOWS}\n{does_not_show}")
    say("\nNext, with a video of your own: chereme recognize FILE")


def _glosses(text: str, known: dict[str, str]) -> tuple[list[str], list[str]]:
    """The glosses of an English text that can be signed, once each, and those that cannot."""
    from chereme.gloss import text_to_gloss

    found = [gloss for one in text_to_gloss(text, "en", known=tuple(known.values())) for gloss in one.glosses]
    there = list(dict.fromkeys(known[gloss.casefold()] for gloss in found if gloss.casefold() in known))
    return there, [gloss for gloss in found if gloss.casefold() not in known]


def _one_word(
    gloss: str, producer: "Decoder", recognizer: "Recognizer", out: Path, say: Any
) -> tuple[dict[str, Any], "SheetRow"]:
    """Sign, draw, film, find and recognize one word; what a machine wants to know of it, and its place on the sheet."""
    from time import perf_counter

    from chereme.landmarks import extract_clip
    from chereme.poses import write_pose
    from chereme.render import SheetRow, draw_signer, write_video
    from chereme.types import DOUBTS

    pose, film = out / f"{gloss}.pose", out / f"{gloss}.mp4"
    times: dict[str, float] = {}
    clock = perf_counter()

    def lap(step: str, what: str) -> None:
        nonlocal clock
        now = perf_counter()
        times[step] = round(now - clock, 2)
        clock = now
        say(f"  {times[step]:5.1f} s  {what}")

    signed = producer.produce(gloss)
    write_pose(signed, pose)
    lap("produce", f"decoded {signed.seconds:.1f} s of landmarks from the word: {pose}")
    frames = list(draw_signer(signed))
    lap("render", f"drawn as a solid signer, {len(frames)} pictures")
    write_video(frames, film, signed.fps)
    lap("film", f"filmed: {film}")
    found = extract_clip(film)
    hands = [100 * found.seen[:, found.layout.groups[f"{side}_hand"]].all(1).mean() for side in ("left", "right")]
    lap("extract", f"landmarks found in the film (left hand in {hands[0]:.0f} %, right in {hands[1]:.0f} % of frames)")
    prediction = recognizer.recognize(found)
    ranked = ", ".join(f"{r.gloss} {r.probability:.0%}" for r in prediction.ranked[:3])
    because = prediction.unknown_because
    best = None if because else prediction.ranked[0].gloss
    lap("recognize", f"recognized: {DOUBTS[because] if because else best} ({ranked})")
    result = {
        "gloss": gloss,
        "pose": str(pose),
        "video": str(film),
        "recognized": best,
        **prediction.as_json(top=5),
        "seconds": times,
    }
    return result, SheetRow(f"signed: {gloss}", frames, found, prediction)


def _silent(_: str) -> None:
    """Print nothing: the JSON at the end stands alone."""
