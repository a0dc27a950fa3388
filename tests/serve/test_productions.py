"""Text and glosses become signing over the API: what is signed, by whom, what is missing."""

import io
import re
from typing import Any

import av
import numpy as np
import pytest

from answered import landmarks_of, refused
from chereme.poses import pose_from_bytes
from chereme.recognize import Recognizer
from chereme.serve.answers_signs import PhraseAnswer, Production
from chereme.serve.landmarks import SentLandmarks, sequence_of
from chereme.serve.lexicons import Lexicons
from chereme.serve.productions import Productions
from chereme.serve.refusals import RefusedError
from chereme.serve.settings import ServeSettings


def produce(service, **asked: Any):
    return service.client.post("/api/v1/productions", json=asked)


def known(service, count: int) -> list[str]:
    """Words that ship with a producer of Indian signs."""
    models = service.client.get("/api/v1/models").json()
    return next(m for m in models if m["kind"] == "producer" and m["language"] == "ins")["labels"][:count]


def test_glosses_become_landmarks_that_are_recognized(service):
    words = known(service, 2)
    answer = produce(service, glosses=[words[0].upper(), "soap-opera", words[1]])
    assert answer.status_code == 200
    found = answer.json()
    Production(**found)
    assert found["missing"] == ["soap-opera"]
    assert [(span["gloss"], span["how"]) for span in found["spans"]] == [
        (words[0].upper(), "producer"),
        (words[1], "producer"),
    ]
    ends = [time for span in found["spans"] for time in (span["start"], span["end"])]
    assert ends == sorted(ends)
    assert ends[-1] <= found["seconds"]
    landmarks = found["landmarks"]
    assert len(landmarks["points"]) == round(found["seconds"] * landmarks["fps"])
    alone = produce(service, glosses=words[:1]).json()["landmarks"]
    sequence = sequence_of(SentLandmarks(**alone), "x", ServeSettings(_env_file=None))
    assert Recognizer.load().recognize(sequence).ranked[0].gloss == words[0]


def test_a_text_goes_by_rules_and_phrase_book(service):
    word = known(service, 1)[0]
    found = produce(service, text=f"The {word.lower()}.", language="eng", signs="ins").json()
    assert [gloss.casefold() for gloss in found["glosses"]] == [word.casefold()]
    assert found["language"] == "ins"


def test_speed(service):
    words = known(service, 2)
    plain, fast = (produce(service, glosses=words, speed=speed).json()["seconds"] for speed in (1, 2))
    assert fast == pytest.approx(plain / 2, rel=0.1)


def test_slow_signing_ends_at_a_limit(service, serve):
    """60 signs at a tenth of their speed were 13 MB of JSON."""
    words = (known(service, 43) * 2)[:60]
    for form in ("json", "pose", "mp4"):
        answer = service.client.post(
            "/api/v1/productions", params={"format": form}, json={"glosses": words, "speed": 0.1}
        )
        told = refused(answer, 413, "long_text")
        assert re.search(r"would last \d+\.\d s, more than the 120 s .*`speed`", told), told
    assert produce(service, glosses=words).status_code == 200  # as many signs at their own speed are no fault
    short = serve(max_signing_seconds=3)
    assert "the 3 s" in refused(produce(short, glosses=words[:5]), 413, "long_text")
    assert produce(short, glosses=words[:5], speed=4).json()["seconds"] <= 3


@pytest.mark.parametrize("how", ["accept", "query"])
def test_a_pose_instead(service, how):
    words = known(service, 1)
    more = {"headers": {"Accept": "application/x-pose"}} if how == "accept" else {"params": {"format": "pose"}}
    answer = service.client.post("/api/v1/productions", json={"glosses": words}, **more)
    assert answer.headers["content-type"] == "application/x-pose"
    sequence = pose_from_bytes(answer.content)
    told = produce(service, glosses=words).json()
    assert sequence.seconds == pytest.approx(told["seconds"], abs=0.01)
    at = sequence.layout.index("pose/nose")
    np.testing.assert_allclose(sequence.points[0, at, :2], told["landmarks"]["points"][0][at], atol=1e-3)


def test_a_film_instead(service):
    answer = service.client.post(
        "/api/v1/productions?format=mp4&size=128", json={"glosses": known(service, 1), "speed": 4}
    )
    assert answer.headers["content-type"] == "video/mp4"
    with av.open(io.BytesIO(answer.content)) as film:
        frames = list(film.decode(video=0))
    assert frames[0].height == 128
    assert len(frames) > 5


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        pytest.param({}, 400, "json", id="neither"),
        pytest.param({"text": "x", "glosses": ["x"]}, 400, "json", id="both"),
        pytest.param({"words": ["x"]}, 400, "json", id="an unknown field"),
        pytest.param({"glosses": "x"}, 400, "json", id="of the wrong kind"),
        pytest.param({"text": "bonjour", "language": "fra"}, 400, "json", id="no rules for the language"),
        pytest.param({"glosses": []}, 422, "no_sign", id="nothing"),
        pytest.param({"glosses": ["   "]}, 422, "no_sign", id="space"),
        pytest.param({"text": "?!"}, 422, "no_sign", id="no word"),
        pytest.param({"glosses": ["no-such-sign"]}, 422, "no_sign", id="nothing that is known"),
        pytest.param({"glosses": ["x"], "signs": "xyz"}, 503, "no_producer", id="a language that nobody signs"),
        pytest.param({"glosses": ["a"] * 61}, 413, "long_text", id="too much"),
        pytest.param({"glosses": ["a" * 201], "spell": True}, 413, "long_text", id="too many letters"),
        pytest.param({"text": "book " * 30_000}, 422, "no_sign", id="far too much"),
    ],
)
def test_what_cannot_be_signed(service, asked, status, code):
    answer = produce(service, **asked)
    assert refused(answer, status, code)
    assert answer.headers["content-type"] == "application/json"


def test_languages_that_are_made_up_leave_nothing_behind(tmp_path):
    productions = Productions(Lexicons(str(tmp_path / "none.sqlite"), ()), ServeSettings(_env_file=None), tmp_path)
    for number in range(3):
        with pytest.raises(RefusedError, match="nobody here signs"):
            productions.signer(f"x{number}")
    assert productions.signer("ins").glosses
    assert list(productions._kept) == ["ins"]


def test_speed_out_of_range(service):
    assert "speed" in refused(produce(service, glosses=known(service, 1), speed=99), 422, "no_sign")


def test_a_body_that_is_none(service):
    for body in (b"", b"{", b'"\xff"'):
        assert "JSON" in refused(service.client.post("/api/v1/productions", content=body), 400, "json")
    told = refused(service.client.post("/api/v1/productions?format=gif", json={"glosses": ["x"]}), 422, "query")
    assert "mp4" in told


def test_a_recorded_sign_goes_before_a_trained_one(serve, signer):
    service = serve()
    word = known(service, 1)[0]
    assert produce(service, glosses=[word]).json()["spans"][0]["how"] == "producer"
    body = {"gloss": word.lower(), "language": "ins", "landmarks": landmarks_of(signer)}
    assert service.client.post("/api/v1/lexicon", json=body).status_code == 201
    assert produce(service, glosses=[word]).json()["spans"][0]["how"] == "lexicon"


def test_names_are_spelled_by_recorded_letters(serve, signer):
    service = serve()
    for letter in "JO":
        body = {"gloss": letter, "language": "xxx", "landmarks": landmarks_of(signer)}
        service.client.post("/api/v1/lexicon", json=body)
    found = produce(service, glosses=["J-O", "Jo"], signs="xxx").json()
    assert [(span["gloss"], span["how"]) for span in found["spans"]] == [("J-O", "spelled")]
    assert found["missing"] == ["Jo"]
    found = produce(service, glosses=["Jo"], signs="xxx", spell=True).json()
    assert [span["how"] for span in found["spans"]] == ["spelled"]


def test_phrases(service):
    every = service.client.get("/api/v1/phrases").json()
    english = service.client.get("/api/v1/phrases", params={"language": "eng"}).json()
    portuguese = service.client.get("/api/v1/phrases", params={"language": "por"}).json()
    assert len(every) == len(english) + len(portuguese)
    for phrase in every:
        PhraseAnswer(**phrase)
    assert {phrase["language"] for phrase in english} == {"eng"}
    name = next(phrase for phrase in english if phrase["text"] == "My name is {name}.")
    assert name["places"] == ["name"]
    refused(service.client.get("/api/v1/phrases", params={"language": "fra"}), 400, "json")


def test_a_phrase_is_signable_once_its_signs_are_there(serve, signer):
    service = serve()

    def signable() -> bool:
        phrases = service.client.get("/api/v1/phrases", params={"signs": "xxx"}).json()
        return next(phrase["signable"] for phrase in phrases if phrase["text"] == "Good morning.")

    assert not signable()
    body = {"gloss": "good morning", "language": "xxx", "landmarks": landmarks_of(signer)}
    service.client.post("/api/v1/lexicon", json=body)
    assert signable()
