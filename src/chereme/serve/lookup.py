"""Signs by name and by example: added, removed, looked up by signing, drawn, exported and imported."""

import tempfile
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
import numpy as np
from fastapi import Request

from chereme.bundle import Bundle
from chereme.errors import CheremeError, KnownEntryError, LexiconError
from chereme.gloss.names import without_accents
from chereme.lexicon import About, Entry, Lexicon, Sign
from chereme.lexicon.gallery import Gallery
from chereme.poses import pose_to_bytes
from chereme.render import render_to
from chereme.serve.dictionary import MOST_CLIPS, MOST_EMBEDDINGS
from chereme.serve.landmarks import SentLandmarks, check_hand, sequence_of
from chereme.serve.lexicons import OWN, Lexicons, Listed
from chereme.serve.productions import Productions
from chereme.serve.recognitions import body_of, decode, shown_once
from chereme.serve.refusals import RefusedError, refusal_of
from chereme.serve.settings import ServeSettings
from chereme.serve.transfer import export_zip, import_zip
from chereme.serve.upload import Upload, is_json, receive, receive_clips, receive_file, receive_json
from chereme.serve.work import look
from chereme.serve.workers import Work, Workers
from chereme.serve.writes import check_writer
from chereme.types import PoseSequence

__all__ = ["Dictionary"]

_SENT = "landmarks"


class SentSign(msgspec.Struct, forbid_unknown_fields=True):
    """A sign to add, with one to five examples."""

    gloss: str
    landmarks: SentLandmarks | list[SentLandmarks]
    language: str = ""
    variant: str = ""
    sense: str = ""
    source: str = ""
    licence: str = ""
    signer: str = ""


class SentSearch(msgspec.Struct, forbid_unknown_fields=True):
    """A clip to look up."""

    landmarks: SentLandmarks
    top: int = 10
    language: str = ""


class Dictionary:
    """What requests about lexicons share.

    Args:
        lexicons: the service's own, and those that ship.
        productions: who signs entries that kept no landmarks.
        settings: how much is taken, and the token.
        workers: threads that do the work.
        folder: for uploads.
    """

    def __init__(
        self, lexicons: Lexicons, productions: Productions, settings: ServeSettings, workers: Workers, folder: Path
    ) -> None:
        self.lexicons, self.productions = lexicons, productions
        self.settings, self.workers, self.folder = settings, workers, folder

    def page(self, q: str, language: str, limit: int, offset: int) -> dict[str, Any]:
        """Signs by name: those that begin with the letters first, then those that hold them."""
        asked = without_accents(" ".join(q.split()))
        every = self.lexicons.listed()
        languages = sorted({one.sign.language for one in every} - {""})
        wanted = language.lower()
        found = [one for one in every if asked in _key(one) and wanted in ("", one.sign.language)]
        found.sort(key=lambda one: (not _key(one).startswith(asked), _key(one), one.sign, one.lexicon))
        shown = [self._told(one) for one in found[offset : offset + limit]]
        return {"total": len(found), "languages": languages, "entries": shown}

    async def add(self, request: Request) -> dict[str, Any]:
        """Add one to five examples of a sign: all of them, or none."""
        async with body_of(request, self.settings) as body:
            check_writer(request, self.settings)
            with self.workers.place():
                if is_json(request):
                    content = await receive_json(body, self.settings)
                    return await self.workers.do(lambda work: self._add_sent(content, work), request, "sign")
                uploads, fields = await receive_clips(body, self.settings, self.folder, MOST_CLIPS)
                return await shown_once(
                    uploads, lambda work: self._add_clips(uploads, fields, work), self.workers, request
                )

    async def search(self, request: Request) -> dict[str, Any]:
        """Which signs a clip is like."""
        begun = perf_counter()
        async with body_of(request, self.settings) as body:
            with self.workers.place():
                if is_json(request):
                    content = await receive_json(body, self.settings)
                    found = await self.workers.do(lambda _: self._search_sent(content), request, "landmarks")
                else:
                    upload = await receive(body, self.settings, self.folder)
                    found = await shown_once(
                        [upload], lambda work: self._search_clip(upload, work), self.workers, request
                    )
        return {**found, "seconds": round(perf_counter() - begun, 4)}

    def embeddings(self, work: Work) -> dict[str, Any]:
        """All that `search` compares with, for a browser that searches by itself."""
        work.check()
        with _refusing("lexicon"):
            galleries = list(self.lexicons.galleries())
        count = sum(len(gallery) for *_, gallery in galleries)
        if count > MOST_EMBEDDINGS:
            what = f"the lexicons hold {count} examples; at most {MOST_EMBEDDINGS} are given out"
            raise RefusedError("too_many", what)
        return {"lexicons": [_embedded(*one) for one in galleries]}

    def remove(self, id: str, whole: bool) -> dict[str, int]:
        """Remove one example, or the sign with all of them."""
        lexicon, entry = self._own_entry(id)
        with _refusing(id):
            removed = lexicon.remove(entry.sign) if whole else lexicon.remove(id=entry.id)
            return {"removed": removed, "left": len(lexicon.signs(entry.sign.gloss).get(entry.sign, ()))}

    def pose(self, id: str) -> bytes:
        """An example as `.pose`; of one that kept no landmarks, the gloss as a trained producer signs it."""
        _, lexicon, entry = self.lexicons.entry(id)
        if entry.has_pose:
            return lexicon.pose_bytes(entry.id)
        return pose_to_bytes(self._produced(entry))

    def sequence(self, id: str) -> PoseSequence:
        """The same, to be drawn."""
        _, lexicon, entry = self.lexicons.entry(id)
        return lexicon.pose(entry.id) if entry.has_pose else self._produced(entry)

    def picture(self, id: str, size: int, work: Work) -> bytes:
        """Six moments of it side by side, as PNG."""
        sequence = self.sequence(id)
        work.check()
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            path = Path(folder) / "picture.png"
            try:
                render_to(sequence, path, size=size)
            except CheremeError:  # no body to draw: a hand alone
                render_to(sequence, path, "skeleton", size)
            return path.read_bytes()

    def export(self, work: Work) -> bytes:
        """The own lexicon as a zip."""
        work.check()
        if (own := self.lexicons.own()) is None:
            raise RefusedError("no_entry", "the lexicon is empty", "add a sign first")
        return export_zip(own, self.folder)

    async def take(self, request: Request) -> dict[str, Any]:
        """Add what an exported zip holds."""
        async with body_of(request, self.settings) as body:
            check_writer(request, self.settings)
            with self.workers.place():
                upload = await receive_file(body, self.settings, self.folder, ".zip")

                def work(work: Work) -> dict[str, Any]:
                    own = self.lexicons.own(create=True)
                    assert own is not None, "it was made"
                    return import_zip(own, upload, self.settings.max_bytes, work)

                return await shown_once([upload], work, self.workers, request)

    # -- in a worker thread ----------------------------------------------------------------------------------------

    def _add_sent(self, content: bytes, work: Work) -> dict[str, Any]:
        asked = decode(content, SentSign)
        clips = asked.landmarks if isinstance(asked.landmarks, list) else [asked.landmarks]
        if not 1 <= len(clips) <= MOST_CLIPS:
            raise RefusedError("json", f"{len(clips)} clips: send 1 to {MOST_CLIPS} at a time")
        sequences = [sequence_of(clip, _SENT, self.settings) for clip in clips]
        fields = {name: getattr(asked, name) for name in asked.__struct_fields__ if name != "landmarks"}
        return self._add(sequences, fields, [_SENT] * len(clips), work)

    def _add_clips(self, uploads: Sequence[Upload], fields: dict[str, str], work: Work) -> dict[str, Any]:
        sequences = [look(upload, self.settings, work)[0] for upload in uploads]
        return self._add(sequences, fields, [upload.name for upload in uploads], work)

    def _add(
        self, sequences: Sequence[PoseSequence], fields: dict[str, str], names: Sequence[str], work: Work
    ) -> dict[str, Any]:
        try:
            sign = Sign(*(fields.get(part, "") for part in ("gloss", "language", "variant", "sense")))
            about = About(fields.get("source", ""), fields.get("licence", ""), fields.get("signer", ""))
        except LexiconError as error:
            raise RefusedError("json", str(error).partition("; ")[0]) from error
        for sequence, name in zip(sequences, names, strict=True):
            check_hand(sequence, name)
        work.check()
        lexicon = self.lexicons.own(create=True)
        assert lexicon is not None, "it was made"
        added: list[Entry] = []
        try:
            for sequence, name in zip(sequences, names, strict=True):
                with _refusing(name):
                    added.append(lexicon.add(sign, sequence, about))
        except RefusedError:
            for entry in added:
                lexicon.remove(id=entry.id)
            raise
        listed = Listed(OWN, sign, tuple(lexicon.signs(sign.gloss)[sign]), "")
        return {"entries": [self._told(listed)], "added": [f"{OWN}.{entry.id}" for entry in added]}

    def _search_sent(self, content: bytes) -> dict[str, Any]:
        asked = decode(content, SentSearch)
        if not 1 <= asked.top <= 1000:
            raise RefusedError("json", f"`top` must be a number from 1 to 1000, got {asked.top}")
        sequence = sequence_of(asked.landmarks, _SENT, self.settings)
        return self._found(sequence, asked.top, asked.language, _SENT)

    def _search_clip(self, upload: Upload, work: Work) -> dict[str, Any]:
        sequence, _ = look(upload, self.settings, work)
        return self._found(sequence, upload.top, "", upload.name)

    def _found(self, sequence: PoseSequence, top: int, language: str, name: str) -> dict[str, Any]:
        check_hand(sequence, name)
        with _refusing(name):
            hits, unlike = self.lexicons.search(sequence, top, language.lower() or None)
        entries = [
            {
                "id": one.id,
                **_named(one.hit.sign),
                "score": round(one.hit.similarity, 4),
                "lexicon": one.lexicon,
            }
            for one in hits
        ]
        return {"entries": entries, "unknown": unlike}

    def _own_entry(self, id: str) -> tuple[Lexicon, Entry]:
        name, lexicon, entry = self.lexicons.entry(id)
        if name != OWN:
            raise RefusedError("shipped", f"{entry.sign} is of {name}, which ships with chereme and is not changed")
        return lexicon, entry

    def _produced(self, entry: Entry) -> PoseSequence:
        sign = entry.sign
        found = self.productions.trained_as(sign.gloss, sign.language)
        if found is None:
            raise RefusedError("no_pose", f"{sign}: was kept without its landmarks, and nobody here signs it")
        producer, name = found
        return producer.produce(name)

    def _told(self, one: Listed) -> dict[str, Any]:
        trained = self.productions.trained_as(one.sign.gloss, one.sign.language) is not None
        how = "lexicon" if one.shown.has_pose else "producer" if trained else None
        about = one.shown.about
        return {
            "id": one.id,
            **_named(one.sign),
            "source": about.source,
            "licence": about.licence,
            "use": one.use,
            "examples": len(one.entries),
            "has_pose": how is not None,
            "how": how,
            "lexicon": one.lexicon,
            "writable": one.lexicon == OWN,
        }


@contextmanager
def _refusing(name: str) -> Iterator[None]:
    """Turns what a lexicon complains of into what a caller can do about it."""
    try:
        yield
    except KnownEntryError as error:
        raise RefusedError("known", str(error).partition("; ")[0]) from error
    except LexiconError as error:
        raise RefusedError("no_lexicon", str(error).partition("; ")[0]) from error
    except CheremeError as error:
        raise refusal_of(error, name, name) from error


def _embedded(name: str, encoder: Bundle, gallery: Gallery) -> dict[str, Any]:
    vectors = gallery.vectors(np.arange(len(gallery)))
    return {
        "lexicon": name,
        "encoder": encoder.name,
        "space": encoder.space,
        "signs": [_named(sign) for sign in gallery.signs],
        "sign_of": gallery.sign_of.tolist(),
        "entries": gallery.entries.tolist(),
        "embeddings": b64encode(vectors.astype("<f4").tobytes()).decode(),
    }


def _named(sign: Sign) -> dict[str, str]:
    return {"gloss": sign.gloss, "language": sign.language, "variant": sign.variant, "sense": sign.sense}


def _key(one: Listed) -> str:
    return without_accents(one.sign.gloss)
