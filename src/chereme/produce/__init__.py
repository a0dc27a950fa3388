"""Words into signing: a gloss becomes a pose sequence, several become one movement."""

from chereme.produce.decoder import DEFAULT_DECODER, Decoder
from chereme.produce.generate import Generator
from chereme.produce.join import JoinConfig, Joined, Span, join_signs, tighten
from chereme.produce.phrase import PhrasePlan, plan_phrase, sign_phrase
from chereme.produce.producer import Producer, open_bundle, open_lexicon, open_producer
from chereme.produce.recorded import RecordedSigns
from chereme.produce.several import SeveralProducers

__all__ = [
    "DEFAULT_DECODER",
    "Decoder",
    "Generator",
    "JoinConfig",
    "Joined",
    "PhrasePlan",
    "Producer",
    "RecordedSigns",
    "SeveralProducers",
    "Span",
    "join_signs",
    "open_bundle",
    "open_lexicon",
    "open_producer",
    "plan_phrase",
    "sign_phrase",
    "tighten",
]
