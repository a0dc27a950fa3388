"""ELAN's annotation files (.eaf): the annotations of a tier as clips, and the glosses of clips as annotations."""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlparse

from chereme.dataset.folder import check_new
from chereme.dataset.manifest import nfc
from chereme.errors import CheremeError, ManifestError
from chereme.files import write_folder_beside
from chereme.poses import read_pose
from chereme.types import Clip

__all__ = ["read_elan", "write_elan"]

TIER = "gloss"
_MIME = {".mp4": "video/mp4", ".mov": "video/quicktime", ".mpg": "video/mpeg", ".webm": "video/webm"}


def read_elan(place: Path, tier: str = TIER) -> list[Clip]:
    """A clip for each annotation with words on a tier, or on tiers whose names begin with its name and `_`.

    The signer is the tier's participant, else what follows `_`. Paths lead from `place`, or its folder, to the film;
    one that is not there keeps the name that the .eaf gives.

    Args:
        place: an .eaf, or a folder with some.
        tier: its name.

    Raises:
        ManifestError: no such file, none that can be read, no such tier (those there are named), or no annotation.
    """
    from pympi.Elan import Eaf

    files = sorted(place.rglob("*.eaf")) if place.is_dir() else [place]
    if not files or not files[0].is_file():
        raise ManifestError(f"{place}: no .eaf there")
    folder = (place if place.is_dir() else place.parent).resolve()
    files = [file.resolve() for file in files]
    clips = []
    for file in files:
        try:
            told = Eaf(file, suppress_version_warning=True)
        except Exception as error:  # pympi raises `Exception` itself, and whatever a wrong tree brings about
            raise ManifestError(f"{file}: cannot be read as ELAN's: {error}") from error
        names = [name for name in told.get_tier_names() if name == tier or name.startswith(f"{tier}_")]
        if not names:
            known = ", ".join(told.get_tier_names()) or "none"
            raise ManifestError(f"{file}: no tier {tier!r}; it has {known}. Name one with --tier")
        film = _film(
            file, [linked.get("RELATIVE_MEDIA_URL") or linked["MEDIA_URL"] for linked in told.media_descriptors]
        )
        path = nfc(Path(os.path.relpath(film, folder)).as_posix())
        for name in names:
            signer = told.get_parameters_for_tier(name).get("PARTICIPANT") or name[len(tier) + 1 :]
            for start, end, gloss, *_ in told.get_annotation_data_for_tier(name):
                if gloss and gloss.strip() and end > start:
                    id = f"{path}#{name}-{start}"
                    clips.append(Clip(id, path, nfc(gloss.strip()), signer=signer, start=start / 1000, end=end / 1000))
    if not clips:
        raise ManifestError(f"{place}: no annotation with words on tier {tier!r}")
    return sorted(clips, key=lambda clip: (clip.path, clip.start or 0.0, clip.id))


def write_elan(clips: Sequence[Clip], folder: Path, out: Path, tier: str = TIER) -> int:
    """Write an .eaf for each film, with its clips' glosses on a tier; of several signers, one on a tier each.

    Args:
        clips: of a manifest.
        folder: what their paths are relative to.
        out: a new folder.
        tier: its name; of signers `TIER_SIGNER`.

    Returns:
        How many files.

    Raises:
        ManifestError: a clip says no end and has no landmarks that would, or two of one signer overlap.
    """
    from pympi.Elan import Eaf, to_eaf

    check_new(out)
    films: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        films[clip.path].append(replace(clip, start=clip.start or 0.0, end=_end(clip, folder)))
    with write_folder_beside(out) as part:
        for path, shown in films.items():
            told = Eaf(author="chereme")
            told.remove_tier("default")
            film = (folder / path).resolve()
            inside = [step for step in Path(path).parts if step not in ("..", Path(path).anchor)]
            file = Path(*inside[:-1], f"{inside[-1]}.eaf")
            kind = _MIME.get(film.suffix.lower(), "video/*")
            told.add_linked_file(film.as_uri(), os.path.relpath(film, (out / file).resolve().parent), kind)
            for signer in sorted({clip.signer for clip in shown}):
                name = f"{tier}_{signer}" if signer else tier
                told.add_tier(name, part=signer or None)
                for start, end, gloss in _apart(shown, signer):
                    told.add_annotation(name, start, end, gloss)
            (part / file).parent.mkdir(parents=True, exist_ok=True)
            if (part / file).exists():
                raise ManifestError(f"{out / file}: would stand for two films; write the manifest beside the films")
            to_eaf(str(part / file), told)
    return len(films)


def _film(file: Path, told: Sequence[str]) -> Path:
    """The film that an .eaf links: where it says, or beside it under the same name."""
    names = [unquote(urlparse(url).path) if "://" in url else url for url in told]
    names = [re.sub(r"^/([A-Za-z]:)", r"\1", name.replace("\\", "/")) for name in names]
    for name in names:
        for place in (file.parent / name, file.parent / Path(name).name):
            if place.is_file():
                return place.resolve()
    return file.parent / (Path(names[0]).name if names else file.with_suffix(".mp4").name)


def _end(clip: Clip, folder: Path) -> float:
    if clip.end is not None:
        return clip.end
    try:
        return read_pose(folder / clip.path).seconds
    except CheremeError as error:
        raise ManifestError(
            f"clip {clip.id}: says no end, and an annotation needs one; write start and end in the manifest"
        ) from error


def _apart(clips: Iterable[Clip], signer: str) -> list[tuple[int, int, str]]:
    """Annotations in milliseconds; on one tier no two may overlap."""
    mine = sorted(
        (round(1000 * (c.start or 0)), round(1000 * (c.end or 0)), c.gloss) for c in clips if c.signer == signer
    )
    for before, after in pairwise(mine):
        if after[0] < before[1]:
            raise ManifestError(
                f"{before[2]!r} and {after[2]!r} of signer {signer or 'unnamed'} overlap at {after[0]} ms"
            )
    return mine
