"""People look at clips: accepted, rejected, marked and trimmed on a local page; kept, merged, compared, exported."""

from chereme.review.agreement import Agreement, agreements
from chereme.review.clips import ReviewClip, read_clips
from chereme.review.decisions import Decision, Decisions
from chereme.review.outcome import Outcome, outcomes, write_decisions, write_kept

__all__ = [
    "Agreement",
    "Decision",
    "Decisions",
    "Outcome",
    "ReviewClip",
    "agreements",
    "outcomes",
    "read_clips",
    "write_decisions",
    "write_kept",
]
