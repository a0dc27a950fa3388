"""The clips that stay, as the manifest that `extract` and `dataset` read."""

import os
from collections.abc import Iterable
from pathlib import Path

from chereme.curate.criteria import Word
from chereme.dataset.manifest import write_manifest
from chereme.types import Clip

__all__ = ["write_kept"]


def write_kept(words: Iterable[Word], path: Path) -> Path:
    """Write the films of these words; signers are told apart by their source, since each numbers its own.

    `variant` joins the source's number with the meaning, where one is known.
    """
    clips = []
    for word in words:
        for row in word.counting:
            if row.path:
                film = os.path.relpath(Path(row.folder) / row.path, path.parent)
                signer = f"{row.source}-{row.signer}" if row.signer else ""
                start, end = (float(told) if told else None for told in (row.start, row.end))
                clips.append(Clip(film, film, row.gloss, row.language, signer, row.source, row.variant, start, end))
    unique = {clip.id: clip for clip in clips}  # one film may stand under two labels of one word
    write_manifest(unique.values(), path)
    return path
