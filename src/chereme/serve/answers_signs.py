"""The JSON of the API about lexicons, productions and work, described for its OpenAPI page."""

from typing import Literal

from pydantic import Field

from chereme.serve.answers import SAYS, Answer, Landmarks

__all__ = [
    "Added", "DictionaryEntry", "DictionaryPage", "EmbeddedLexicon", "EmbeddedLexicons", "EmbeddedSign", "Imported",
    "NotImported", "PhraseAnswer", "Production", "Removed", "SIGN_SAYS", "SearchHit", "SearchResult", "SignedSpan",
    "WorkState",
]  # fmt: skip


class SignedSpan(Answer):
    """Where one gloss is in the signing."""

    gloss: str = Field(examples=["Book"])
    start: float = Field(description="Seconds.")
    end: float = Field(description="Seconds; to where the way to the next begins.")
    how: Literal["lexicon", "producer", "spelled"] = Field(
        description="By a recorded sign, by a trained producer, or letter by letter."
    )


class Production(Answer):
    """A text or glosses as signing."""

    glosses: list[str] = Field(description="As they were looked up, with those that are missing.")
    spans: list[SignedSpan]
    missing: list[str] = Field(description="Glosses that nobody here can sign; they were left out.")
    near: dict[str, list[str]] = Field(description="Of each missing gloss, the names most like it.")
    language: str = Field(description="Of the signs, ISO 639-3.", examples=["ins"])
    seconds: float = Field(description="Duration.")
    landmarks: Landmarks


class PhraseAnswer(Answer):
    """A sentence of the phrase book."""

    text: str = Field(examples=["Good morning."])
    glosses: list[str] = Field(examples=[["GOOD-MORNING"]])
    language: str = Field(description="Of the text, ISO 639-3.", examples=["eng"])
    places: list[str] = Field(description="What is to be filled in before it is sent: `name`, `number`, `word`.")
    signable: bool = Field(description="Every gloss has a sign; what is filled in is spelled where it has none.")


class DictionaryEntry(Answer):
    """One sign of the lexicons."""

    id: str = Field(description="Of the example that stands for it.", examples=["own.12"])
    gloss: str = Field(examples=["casa"])
    language: str = Field(description="ISO 639-3; empty: not said.", examples=["bzs"])
    variant: str
    sense: str
    source: str = Field(description="Where it was recorded or published.")
    licence: str
    use: str = Field(description="`open`, `research`, or empty where nobody said.")
    examples: int
    has_pose: bool = Field(description="Whether its `pose` and `picture.png` can be had.")
    how: Literal["lexicon", "producer"] | None = Field(
        description="By a recorded example or by a trained producer that knows the gloss; null: not at all."
    )
    lexicon: str = Field(description="`own`, or the name of one that ships.")
    writable: bool = Field(description="Whether it can be removed.")


class DictionaryPage(Answer):
    """Signs by name."""

    total: int = Field(description="How many there are with these letters and of this language.")
    languages: list[str] = Field(description="Of all signs that there are, ISO 639-3.", examples=[["bzs", "ins"]])
    entries: list[DictionaryEntry]


class Added(Answer):
    """What came of clips of a sign."""

    entries: list[DictionaryEntry] = Field(description="One: the sign, with all of its examples.")
    added: list[str] = Field(description="Ids of the new examples.")


class Removed(Answer):
    """What was removed."""

    removed: int = Field(description="Examples.")
    left: int = Field(description="Examples of the same sign that are still there.")


class SearchHit(Answer):
    """A sign that is like a clip."""

    id: str = Field(description="Of its nearest example.", examples=["own.12"])
    gloss: str
    language: str
    variant: str
    sense: str
    score: float = Field(description="Similarity, up to 1, which is the very same clip.")
    lexicon: str


class SearchResult(Answer):
    """The dictionary in reverse: signs by how alike they are to a clip."""

    entries: list[SearchHit] = Field(description="The nearest first.")
    unknown: bool = Field(description="None of them is like enough.")
    seconds: float


class EmbeddedSign(Answer):
    """A sign as it is named."""

    gloss: str
    language: str
    variant: str
    sense: str


class EmbeddedLexicon(Answer):
    """N examples of the signs of one lexicon, as embeddings of E numbers."""

    lexicon: str = Field(description="As in the ids of entries.", examples=["own"])
    encoder: str = Field(description="The bundle that embeds a clip to compare: `/bundles/NAME`.", examples=["asl1700"])
    space: str = Field(description="That the embeddings lie in; only those of one space compare.")
    signs: list[EmbeddedSign]
    sign_of: list[int] = Field(description="N: of each example its place in `signs`.")
    entries: list[int] = Field(description="N: of each example its entry; the id is `LEXICON.ENTRY`.")
    embeddings: str = Field(description="N * E of length 1 each, float32, little-endian, base64.")


class EmbeddedLexicons(Answer):
    """All that a search by signing compares with."""

    lexicons: list[EmbeddedLexicon]


class NotImported(Answer):
    """A row that could not be taken."""

    row: int
    path: str
    error: str


class Imported(Answer):
    """What came of an import."""

    added: int
    skipped: int = Field(description="Were there before.")
    failed: list[NotImported]


class WorkState(Answer):
    """How far a request is."""

    state: Literal["waiting", "running"]
    share: float = Field(ge=0, le=1, description="How much of it is done, as far as it can be told.")


SIGN_SAYS = SAYS | {
    400: ("json", "not the JSON or form that is asked for"),
    401: ("token", "no token, or not the one of the service"),
    403: ("not_here", "writing from elsewhere than this machine, without a token; or the sign ships with chereme"),
    404: ("no_entry", "no such entry"),
    409: ("known", "the sign has this very clip already"),
    413: ("too_large", "more bytes, pixels, seconds or signs than are taken"),
    422: ("no_sign", "nothing of it can be signed; or nobody, no hand"),
    503: ("no_lexicon", "the lexicon could not be opened; or nobody signs that language"),
}
"""What statuses mean where signs are asked for."""
