"""`chereme produce`: glosses or a sentence to signing, from a lexicon or a trained producer."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chereme.cli import print_json
from chereme.cli._gloss import glossed, words_in

if TYPE_CHECKING:
    from chereme.produce import Joined, Producer

__all__ = ["command"]

_PICTURES = {".mp4", ".gif", ".png"}


@click.command(name="produce")
@click.argument("glosses", nargs=-1)
@click.option("--lexicon", envvar="CHEREME_LEXICON", help="Recorded signs: a file, or the URL of a database.")
@click.option("--bundle", help="Trained producer instead: a folder, or one that ships.")
@click.option("--language", help="Of the signs, by ISO 639-3, where the lexicon holds several: bzs, ins, …")
@click.option("--text", help="A sentence in a spoken language instead of GLOSSES; - reads standard input.")
@click.option("--spoken", default="pt", show_default=True, help="Language of --text: pt or en.")
@click.option("--phrases", multiple=True, metavar="FILE", help="Phrase book of --text: a CSV, or `health`.")
@click.option("--letters", help="Who signs letters: a lexicon or bundle.  [default: the same as the signs]")
@click.option("--spell-missing", is_flag=True, help="Spell glosses that have no sign.")
@click.option("--skip-missing", is_flag=True, help="Leave them out, and exit with 1.")
@click.option("--speed", type=click.FloatRange(0.1, 10), default=1.0, show_default=True, help="1: holds shortened.")
@click.option("--seconds", type=click.FloatRange(min=0.1, max=3600), help="Duration of the whole.")
@click.option("--fps", type=click.FloatRange(5, 120), default=25.0, show_default=True, help="Frames per second.")
@click.option("--size", type=click.IntRange(64, 2160), default=640, show_default=True, help="Height of a picture.")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help=".pose, .mp4, .gif or .png.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(
    glosses: tuple[str, ...],
    lexicon: str | None,
    bundle: str | None,
    language: str | None,
    text: str | None,
    spoken: str,
    phrases: tuple[str, ...],
    letters: str | None,
    spell_missing: bool,
    skip_missing: bool,
    speed: float,
    seconds: float | None,
    fps: float,
    size: int,
    out: Path,
    as_json: bool,
) -> None:
    """Sign GLOSSES, or the sentence --text, as one movement.

    A gloss is named as the lexicon does: casa, bank#river for a sense, casa/north for a variant. J-O-A-O is spelled. A
    producer that was trained on sentences takes each argument as one text: put it in quotes.
    """
    import sys
    import textwrap

    from chereme.errors import CheremeError
    from chereme.produce import (
        Generator,
        JoinConfig,
        open_bundle,
        open_lexicon,
        open_producer,
        plan_phrase,
        sign_phrase,
    )

    if bundle is not None and _from_environment("lexicon"):
        lexicon = None
    if (lexicon is None) == (bundle is None):
        raise click.UsageError("say who signs: --lexicon or --bundle, one of the two")
    if bool(glosses) == (text is not None):
        raise click.UsageError("name GLOSSES or --text, one of the two")
    if out.suffix.lower() not in {".pose", *_PICTURES}:
        raise click.UsageError(f"{out}: becomes .pose, .mp4, .gif or .png")
    told: dict[str, Any] = {"file": str(out)}
    try:
        producer = open_lexicon(lexicon, language) if lexicon is not None else open_bundle(str(bundle))
        speller = None if letters is None else open_producer(letters)
        if lexicon is None:
            _check_language(producer, str(bundle), language)
        # A producer of sentences reads what stands in quotes, or on a line, as one text.
        whole = isinstance(producer, Generator)
        wanted = words_in(glosses).splitlines() if whole and glosses == ("-",) else list(glosses)
        wanted = wanted if whole else words_in(glosses).split()
        if text is not None:
            sentences = glossed(words_in((text,)), spoken, phrases, producer.glosses, "--spoken")
            told["sentences"] = [one.as_json() for one in sentences]
            wanted = [gloss for one in sentences for gloss in one.glosses]
        told["glosses"] = wanted
        plan = plan_phrase(wanted, producer, speller, spell_missing)
        told["missing"] = {gloss: list(near) for gloss, near in plan.missing.items()}
        config = JoinConfig(fps=fps, speed=speed, seconds=seconds)
        joined = sign_phrase(
            wanted, producer, speller, spell_missing=spell_missing, skip_missing=skip_missing, config=config
        )
        frames = _write(joined, out, size)
    except CheremeError as error:
        if not as_json:
            raise
        print_json({**told, "error": str(error)})
        sys.exit(1)
    sequence = joined.sequence
    told |= {"frames": frames, "fps": sequence.fps, "seconds": round(sequence.seconds, 3)}
    told["spans"] = [span.as_json() for span in joined.spans]
    if as_json:
        print_json(told)
    else:
        signed = textwrap.shorten(" ".join(span.gloss for span in joined.spans), 200, placeholder=" …")
        click.echo(f"{out}: {signed}, {sequence.seconds:.1f} s")
        if plan.missing:
            click.echo(f"left out, for want of a sign: {', '.join(plan.missing)}", err=True)
    if plan.missing:
        sys.exit(1)


def _check_language(producer: "Producer", bundle: str, language: str | None) -> None:
    """Signs of another language are no answer.

    Raises:
        CheremeError: the bundle says which language it signs, and it is another.
    """
    from chereme.errors import CheremeError

    own = getattr(producer, "about", {}).get("language", "")
    if language and own and language.lower() != own:
        raise CheremeError(
            f"{bundle}: signs {own}, not {language}; name another with --bundle, or leave --language out"
        )


def _from_environment(option: str) -> bool:
    return click.get_current_context().get_parameter_source(option) is click.core.ParameterSource.ENVIRONMENT


def _write(joined: "Joined", out: Path, size: int) -> int:
    """Write landmarks or a drawing, whole or not at all; gives how many frames."""
    from chereme.cli._drawing import draw_to
    from chereme.poses import write_pose

    if out.suffix.lower() in _PICTURES:
        return draw_to(joined.sequence, out, size)
    write_pose(joined.sequence, out)
    return len(joined.sequence)
