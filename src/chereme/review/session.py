"""One person's way through the clips: what is decided, and which clip comes next."""

from collections.abc import Sequence
from typing import Any

from chereme.errors import ReviewError
from chereme.review.clips import ReviewClip
from chereme.review.decisions import Decision, Decisions
from chereme.review.doubt import Doubts

__all__ = ["Session"]


class Session:
    """The clips, one person's decisions on them, and their order.

    Others' decisions are never shown: who has seen them does not judge by themselves, and agreement would mean nothing.

    Args:
        clips: those of one word one after the other.
        decisions: the file.
        reviewer: who reviews.
        doubts: what the model says of each clip; None: there is none.
        by_word: a word's clips are done before another word's are shown; else the most doubtful clip of all is next.
    """

    def __init__(
        self,
        clips: Sequence[ReviewClip],
        decisions: Decisions,
        reviewer: str,
        doubts: Doubts | None = None,
        by_word: bool = False,
    ) -> None:
        self.clips = clips
        self.reviewer = reviewer
        self.has_model = doubts is not None
        self.by_word = by_word or doubts is None
        self._decisions = decisions
        self.doubts: Doubts = [None] * len(clips) if doubts is None else doubts
        self._mine = decisions.of(reviewer)
        self.words: list[str] = list(dict.fromkeys(clip.gloss for clip in clips))
        place = {gloss: i for i, gloss in enumerate(self.words)}
        self._word_of = [place[clip.gloss] for clip in clips]
        self._clips_of: list[list[int]] = [[] for _ in self.words]
        for i, word in enumerate(self._word_of):
            self._clips_of[word].append(i)
        self._order = self._by_doubt() if self.has_model else self._by_flags()
        self._turn = {word: turn for turn, word in enumerate(dict.fromkeys(self._word_of[i] for i in self._order))}

    def decision(self, clip: int) -> Decision:
        """What this person says of a clip now."""
        return self._mine.get(self.clips[clip].key, Decision())

    def decide(self, clip: int, decision: Decision) -> Decision:
        """Keep a decision; when this returns it is on the disk."""
        made = self._decisions.add(self.clips[clip], self.reviewer, decision)
        self._mine[self.clips[clip].key] = made
        return made

    def next(self, word: int | None = None) -> dict[str, int] | None:
        """Place of the next clip to look at, with its word's; None: all are decided.

        Args:
            word: the one that is being looked at.
        """
        waiting = [i for i in self._order if not self.decision(i).verdict]
        if self.by_word and word is not None:
            waiting = [i for i in waiting if self._word_of[i] == word] or self._from(word, waiting)
        return {"clip": waiting[0], "word": self._word_of[waiting[0]]} if waiting else None

    def _by_doubt(self) -> list[int]:
        """Most doubtful first; what the model cannot say comes last, in order of the words."""
        doubts = [-1.0 if doubt is None else doubt for doubt in self.doubts]
        return sorted(range(len(doubts)), key=lambda i: (-doubts[i], i))

    def _by_flags(self) -> list[int]:
        """Words of which curation doubts a clip first, those of most such clips before others; in a word the same."""
        flags = [sum(bool(self.clips[i].note) for i in at) for at in self._clips_of]
        return sorted(
            range(len(self.clips)),
            key=lambda i: (-flags[self._word_of[i]], self._word_of[i], not self.clips[i].note, i),
        )

    def _from(self, word: int, waiting: list[int]) -> list[int]:
        """Without a model the words come in turn, from the one being looked at on."""
        if self.has_model:
            return waiting
        return sorted(waiting, key=lambda i: self._turn[self._word_of[i]] < self._turn[word])

    def overview(self) -> dict[str, Any]:
        """Words with how far each is, and where to begin."""
        return {
            "reviewer": self.reviewer,
            "model": self.has_model,
            "by_word": self.by_word,
            "words": [
                {
                    "gloss": gloss,
                    "clips": len(at),
                    "decided": sum(bool(self.decision(i).verdict) for i in at),
                }
                for gloss, at in zip(self.words, self._clips_of, strict=True)
            ],
            "next": self.next(),
        }

    def word(self, word: int) -> dict[str, Any]:
        """The clips of a word, side by side.

        Raises:
            ReviewError: there is no such word.
        """
        if not 0 <= word < len(self.words):
            raise ReviewError(f"there are {len(self.words)} words, no word {word}")
        return {"word": word, "gloss": self.words[word], "clips": [self._described(i) for i in self._clips_of[word]]}

    def _described(self, i: int) -> dict[str, Any]:
        clip, decision = self.clips[i], self.decision(i)
        return {
            "clip": i,
            "source": clip.source,
            "signer": clip.signer,
            "variant": clip.variant,
            "path": clip.path or clip.url,
            "note": clip.note,
            "film": None if clip.film is None else f"api/v1/clips/{i}/film",
            "landmarks": None if clip.pose is None else f"api/v1/clips/{i}/landmarks",
            "stretch": [clip.start, clip.end],
            "doubt": self.doubts[i],
            "decision": decision_json(decision),
        }


def decision_json(decision: Decision) -> dict[str, Any]:
    """What the page shows of a decision."""
    return {
        "verdict": decision.verdict,
        "other": decision.other,
        "mirrored": decision.mirrored,
        "start": decision.start,
        "end": decision.end,
    }
