"""What the API answers: words for a clip, or one clear line and a status."""

import base64
import io
import json
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import av
import numpy as np
import pytest
from PIL import Image

from answered import landmarks_of, refused
from chereme.layout import HAND_21
from chereme.poses import pose_to_bytes
from chereme.render import draw_signer
from chereme.serve.landmarks import JsonAnswer
from chereme.types import PoseSequence
from made_up import hung, made_up_signer


def picture(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "grey").save(out, "PNG")
    return out.getvalue()


def test_a_pose_gets_its_words(service, signer):
    answer = service.recognize("casa.pose", pose_to_bytes(signer))
    assert answer.status_code == 200
    found = answer.json()
    assert set(found) == {"file", "predictions", "unknown", "seconds", "bundle"}
    assert found["file"] == "casa.pose"
    assert found["bundle"] == "small"
    assert {p["gloss"] for p in found["predictions"]} == {"casa", "pai", "água"}
    shares = [p["probability"] for p in found["predictions"]]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1, abs=1e-5)
    assert set(found["seconds"]) == {"extract", "recognize", "total"}
    assert found["seconds"]["total"] >= found["seconds"]["extract"]


def test_top_and_landmarks(service, signer):
    gap = signer.points.copy()
    gap[3, signer.layout.groups["left_hand"]] = np.nan
    answer = service.recognize("x.pose", pose_to_bytes(signer.with_points(gap)), top="1", landmarks="true")
    found = answer.json()
    assert len(found["predictions"]) == 1
    landmarks = found["landmarks"]
    assert landmarks["layout"] == "body_hands_75"
    assert landmarks["names"] == list(signer.layout.names)
    assert landmarks["fps"] == 25
    assert landmarks["size"] == [1280, 720]
    assert len(landmarks["points"]) == 16
    assert landmarks["points"][0][11] == pytest.approx(signer.points[0, 11, :2].tolist(), abs=2e-4)
    assert [p is None for p in landmarks["points"][3]] == [33 <= i < 54 for i in range(75)]


def test_a_film_gets_its_words_and_times(service, film):
    answer = service.recognize("casa.mp4", film, landmarks="true")
    assert answer.status_code == 200
    found = answer.json()
    assert set(found["seconds"]) == {"decode", "extract", "recognize", "total"}
    assert all(took > 0 for took in found["seconds"].values())
    assert len(found["landmarks"]["points"]) == 16
    assert not found["landmarks"]["mirrored"]


def test_a_mirrored_film_is_flipped_back(service, film):
    """The signer stands in the middle and is nearly symmetric: left stays left, to the eye that looks at the signer."""
    plain, flipped = (
        service.recognize("x.mp4", film, landmarks="1", mirrored=mirrored).json()["landmarks"]
        for mirrored in ("false", "true")
    )
    assert flipped["mirrored"]
    wrist = plain["names"].index("pose/left_wrist")
    x_plain, x_flipped = (f["points"][8][wrist][0] for f in (plain, flipped))
    assert x_plain == pytest.approx(x_flipped, abs=0.15)


def test_a_type_stands_in_for_a_suffix(service, film):
    assert service.recognize("blob", film, "video/mp4").status_code == 200


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        pytest.param("x.mp4", b"", 400, "empty", id="nothing in it"),
        pytest.param("x.mp4", b"not a video" * 99, 400, "damaged", id="not a video"),
        pytest.param("x.jpg", b"not a picture", 400, "damaged", id="not a picture"),
        pytest.param("x.pose", b"not a pose", 400, "damaged", id="not a pose"),
        pytest.param("x.txt", b"words", 415, "unknown_type", id="text"),
        pytest.param("x", b"words", 415, "unknown_type", id="no suffix"),
        pytest.param("x.png", picture(64, 64), 422, "nobody", id="a picture of nobody"),
        pytest.param("x.png", picture(6000, 5000), 413, "too_large", id="too many pixels"),
        pytest.param("x.png", picture(10_000, 10_000), 413, "too_large", id="far too many"),
    ],
)
def test_a_clip_that_will_not_do(service, name, content, status, code):
    detail = refused(service.recognize(name, content), status, code)
    assert detail.startswith(f"{name}: ")
    assert str(service.folder) not in detail
    assert "--" not in detail.replace("`chereme serve --bundle`", "")  # advice for the command line does not fit


def test_a_film_cut_short(service, film):
    assert "cut short" in refused(service.recognize("x.mp4", film[: len(film) // 2]), 400, "damaged")


def test_a_film_of_nobody(service, wall):
    assert "nobody seen in any of 8 frames" in refused(service.recognize("wall.mp4", wall), 422, "nobody")


def handless(signer: PoseSequence) -> PoseSequence:
    points = signer.points.copy()
    points[:, 33:] = np.nan
    return signer.with_points(points)


@pytest.mark.parametrize("still", [handless, lambda signer: hung(signer, slice(None))], ids=["unseen", "at rest"])
def test_no_hand(service, signer, still):
    answer = service.recognize("x.pose", pose_to_bytes(still(signer)))
    detail = refused(answer, 422, "no_hand")
    assert "x.pose: no hand seen in any of 16 frames, unless at rest; raise at least one hand" in detail


def test_landmarks_that_the_model_cannot_do_without(service):
    hand = PoseSequence(np.full((9, 21, 3), 0.5, np.float32), HAND_21, 25, (640, 480))
    detail = refused(service.recognize("hand.pose", pose_to_bytes(hand)), 422, "landmarks_missing")
    assert "lacks" in detail


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        pytest.param({"top": "many"}, "top", id="no number"),
        pytest.param({"top": "0"}, "top", id="none"),
        pytest.param({"mirrored": "perhaps"}, "mirrored", id="neither true nor false"),
    ],
)
def test_fields_out_of_range(service, signer, fields, says):
    answer = service.recognize("x.pose", pose_to_bytes(signer), **fields)
    assert f"`{says}`" in refused(answer, 400, "form")


def test_no_form(service):
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    for sent in ({"content": b"{}"}, {"data": {"top": "3"}}, {"content": b"nonsense", "headers": broken}):
        assert "`file`" in refused(service.client.post("/api/v1/recognitions", **sent), 400, "form")


def test_limits_are_settings(serve, film, signer):
    small = serve(max_upload_mb=0.5, max_seconds=0.5, max_megapixels=0.05)
    assert "longer than the 0.5 s" in refused(small.recognize("x.pose", pose_to_bytes(signer)), 413, "too_long")
    assert "320x320 pixels" in refused(small.recognize("x.mp4", film), 413, "too_large")
    assert "0.5 MB" in refused(small.recognize("x.mp4", bytes(600_000)), 413, "too_large")
    long = serve(max_seconds=0.3)
    refused(long.recognize("x.mp4", film), 413, "too_long")


def test_an_upload_of_unknown_length_is_counted_as_it_comes(serve):
    service = serve(max_upload_mb=0.1)
    sent = 0

    def body() -> Iterator[bytes]:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
        for _ in range(40):
            sent += 1
            yield bytes(20_000)

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = service.client.post("/api/v1/recognitions", content=body(), headers=headers)
    refused(answer, 413, "too_large")
    assert service.uploads() == []


def test_an_upload_that_does_not_arrive(serve):
    service = serve(upload_seconds=0.3)

    def body() -> Iterator[bytes]:
        yield b"--x\r\n"
        time.sleep(0.8)
        yield b"--x--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = service.client.post("/api/v1/recognitions", content=body(), headers=headers)
    assert "0.3 s" in refused(answer, 408, "slow_upload")
    assert service.uploads() == []


def test_requests_at_once_get_their_own_answers(service):
    clips = {f"{i}.pose": pose_to_bytes(made_up_signer(10 + 7 * i, np.random.default_rng(i))) for i in range(6)}
    alone = {name: service.recognize(name, data).json() for name, data in clips.items()}
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda clip: service.recognize(*clip).json(), clips.items()))
    for found in together:
        assert found["predictions"] == alone[found["file"]]["predictions"]
    assert len({found["predictions"][0]["probability"] for found in together}) == 6


def test_films_at_once_share_no_tracker(service, film, wall):
    """The engine follows a person from frame to frame: what another request shows must not move the landmarks."""
    alone = service.recognize("film.mp4", film, landmarks="1").json()["landmarks"]
    with ThreadPoolExecutor(2) as pool:
        other = pool.submit(service.recognize, "wall.mp4", wall)
        together = service.recognize("film.mp4", film, landmarks="1").json()["landmarks"]
    assert other.result().status_code == 422
    assert together == alone


def test_others_are_answered_while_a_large_answer_is_written(serve, signer, monkeypatch):
    """Landmarks are megabytes of JSON; the event loop answers everybody."""
    began, let_go = threading.Event(), threading.Event()
    write = JsonAnswer.render

    def slowly(answer: JsonAnswer, content: object) -> bytes:
        began.set()
        assert let_go.wait(20)
        return write(answer, content)

    monkeypatch.setattr(JsonAnswer, "render", slowly)
    service = serve()
    added = service.client.post("/api/v1/lexicon", json={"gloss": "a", "landmarks": landmarks_of(signer)}).json()
    clip, how = {"file": ("a.pose", pose_to_bytes(signer))}, {"landmarks": "1"}
    for method, path, sent in (
        ("POST", "recognitions", {"files": clip, "data": how}),
        ("POST", "productions", {"json": {"glosses": ["Book"], "speed": 9}}),
        ("GET", f"lexicon/{added['added'][0]}/pose?format=json", {}),
    ):
        began.clear()
        let_go.clear()
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(service.client.request, method, f"/api/v1/{path}", **sent)
            try:
                assert began.wait(20)
                assert service.client.get("/api/v1/health", timeout=5).status_code == 200
            finally:
                let_go.set()
        assert asked.result().status_code == 200
        assert "points" in asked.result().text


def test_no_bundle(serve, signer, tmp_path):
    service = serve(bundle=str(tmp_path / "nowhere"))
    assert service.client.get("/api/v1/health").json()["status"] == "live"
    for answer in (
        service.client.get("/api/v1/ready"),
        service.client.get("/api/v1/models"),
        service.recognize("x.pose", pose_to_bytes(signer)),
    ):
        assert "nowhere" in refused(answer, 503, "no_bundle")
    assert service.client.get("/api/v1/samples").json() == []
    assert service.client.get("/").status_code == 200


def test_models(service):
    models = service.client.get("/api/v1/models").json()
    assert [model["kind"] for model in models][:2] == ["recognizer", "encoder"]
    model = models[0]
    assert model["name"] == "small"
    assert model["default"]
    assert model["use"] == "open"
    assert model["labels"] == ["casa", "pai", "água"]
    assert model["language"] == "bzs"
    assert model["scores"]["top1"] == 0.5
    producers = [model for model in models if model["kind"] == "producer"]
    assert producers
    assert [one["language"] for one in producers if one["default"]] == list({one["language"]: 0 for one in producers})


def test_ready(service):
    found = service.client.get("/api/v1/ready").json()
    assert found["status"] == "ready"
    assert found["limits"] == {"megabytes": 64, "seconds": 30, "megapixels": 25}


def test_samples_are_of_words_that_the_bundle_knows(service):
    assert service.client.get("/api/v1/samples").json() == []
    refused(service.client.get("/api/v1/samples/Peace.mp4"), 404, "no_sample")


def test_why_a_clip_is_declined(serve, small_bundle, signer, tmp_path):
    shutil.copytree(small_bundle, tmp_path / "careful")
    index = json.loads((tmp_path / "careful/bundle.json").read_text())
    index["calibration"]["unknown_below"] = 1
    (tmp_path / "careful/bundle.json").write_text(json.dumps(index))
    found = serve(bundle=str(tmp_path / "careful")).recognize("x.pose", pose_to_bytes(signer)).json()
    assert (found["unknown"], found["unknown_because"]) == (True, "unsure")
    assert len(found["predictions"]) == 3


def test_landmarks_get_the_words_of_their_pose(service, signer):
    gap = signer.points.copy()
    gap[3, signer.layout.groups["left_hand"]] = np.nan
    clip = signer.with_points(gap)
    from_file = service.recognize("x.pose", pose_to_bytes(clip)).json()
    answer = service.client.post("/api/v1/recognitions", json={"landmarks": landmarks_of(clip)})
    assert answer.status_code == 200
    found = answer.json()
    assert found["file"] == "landmarks"
    assert found["unknown"] == from_file["unknown"]
    assert [p["gloss"] for p in found["predictions"]] == [p["gloss"] for p in from_file["predictions"]]
    shares = [[p["probability"] for p in one["predictions"]] for one in (found, from_file)]
    assert shares[0] == pytest.approx(shares[1], abs=1e-3)
    assert set(found["seconds"]) == {"extract", "recognize", "total"}


def test_landmarks_as_bytes_are_the_same(service, signer):
    listed = landmarks_of(signer, digits=9)
    packed = listed | {"points": base64.b64encode(signer.points.astype("<f4").tobytes()).decode()}
    found = [
        service.client.post("/api/v1/recognitions", json={"landmarks": one, "top": 2}).json()["predictions"]
        for one in (listed, packed)
    ]
    assert len(found[0]) == 2
    assert found[0][0]["probability"] == pytest.approx(found[1][0]["probability"], abs=1e-5)


def test_landmarks_of_an_answer_may_be_sent_back(service, signer):
    landmarks = service.recognize("x.pose", pose_to_bytes(signer), answer="landmarks").json()["landmarks"]
    answer = service.client.post("/api/v1/recognitions", json={"landmarks": landmarks})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("change", "status", "code", "says"),
    [
        pytest.param({"layout": "nowhere"}, 400, "json", "no layout", id="no such layout"),
        pytest.param({"points": []}, 400, "json", "no frame", id="no frame"),
        pytest.param({"points": [[[0.5, 0.5]]]}, 400, "json", "75", id="too few landmarks"),
        pytest.param({"points": [[[0.5]] * 75]}, 400, "json", "[x, y]", id="one coordinate"),
        pytest.param({"points": [[[0.5, 0.5]] + [[0.5, 0.5, 0]] * 74]}, 400, "json", "[x, y]", id="two and three"),
        pytest.param({"points": [[[1e300, 0.5]] * 75]}, 400, "json", "away", id="farther than float32"),
        pytest.param({"points": [[["x", 0.5]] * 75]}, 400, "json", "points", id="a text"),
        pytest.param({"points": "AAAA"}, 400, "json", "whole frames", id="bytes that are no frames"),
        pytest.param({"points": "***"}, 400, "json", "base64", id="no base64"),
        pytest.param({"points": [[None] * 75]}, 422, "no_hand", "no hand", id="nobody"),
        pytest.param({"fps": 0}, 400, "json", "makes no sense", id="no rate"),
        pytest.param({"size": [0, 10]}, 400, "json", "makes no sense", id="no picture"),
        pytest.param({"fps": 0.1}, 413, "too_long", "30 s", id="too long"),
        pytest.param({"colour": "red"}, 400, "json", "colour", id="an unknown field"),
    ],
)
def test_landmarks_that_will_not_do(service, signer, change, status, code, says):
    body = {"landmarks": landmarks_of(signer) | change}
    assert says in refused(service.client.post("/api/v1/recognitions", json=body), status, code)


def test_signs_of_the_lexicon_beside_the_words(serve, signer):
    service = serve()
    landmarks = landmarks_of(signer)
    asked = {"landmarks": landmarks, "top": 10, "lexicon": True}
    assert len(service.client.post("/api/v1/recognitions", json=asked).json()["predictions"]) == 3
    taught = {"gloss": "mesa", "language": "bzs", "landmarks": landmarks}
    assert service.client.post("/api/v1/lexicon", json=taught).status_code == 201
    found = service.client.post("/api/v1/recognitions", json=asked).json()["predictions"]
    assert found[0]["gloss"] == "mesa"
    assert found[0]["language"] == "bzs"
    assert len(found) == 4
    by_form = service.recognize("x.pose", pose_to_bytes(signer), lexicon="true").json()["predictions"]
    assert by_form[0]["gloss"] == "mesa"


@pytest.mark.parametrize("name", ["x.mp4", "x.pose", "x.png"])
def test_an_overlay_is_a_film(service, film, signer, name):
    picture = io.BytesIO()
    Image.fromarray(next(iter(draw_signer(signer, size=320)))).save(picture, "PNG")
    content = {"x.mp4": film, "x.pose": pose_to_bytes(signer), "x.png": picture.getvalue()}[name]
    answer = service.recognize(name, content, answer="overlay")
    assert answer.headers["content-type"] == "video/mp4", answer.text[:300]
    with av.open(io.BytesIO(answer.content)) as shown:
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in shown.decode(video=0)]
    assert len(frames) == (1 if name == "x.png" else 16)
    orange = (frames[0][..., 0] - frames[0][..., 2]) > 120
    assert orange.sum() > 20  # the signer's left
    assert service.uploads() == []


def test_no_such_answer(service, signer):
    assert "`answer`" in refused(service.recognize("x.pose", pose_to_bytes(signer), answer="song"), 400, "form")


def test_a_pose_may_be_mirrored(service, signer):
    plain = service.recognize("x.pose", pose_to_bytes(signer)).json()
    twice = service.recognize("x.pose", pose_to_bytes(signer.mirrored()), mirrored="true").json()
    assert [p["gloss"] for p in plain["predictions"]] == [p["gloss"] for p in twice["predictions"]]
    shares = [[p["probability"] for p in found["predictions"]] for found in (plain, twice)]
    assert shares[0] == pytest.approx(shares[1], abs=1e-3)


def test_a_name_is_shown_but_never_used(service, signer):
    answer = service.recognize("../../etc/x\x07y.pose", pose_to_bytes(signer))
    assert "/" not in answer.json()["file"]
    assert answer.json()["file"].isprintable()
    assert service.uploads() == []


def test_a_long_clip_at_a_low_rate(service, signer):
    slow = replace(signer, fps=0.5)
    assert "x.pose" in refused(service.recognize("x.pose", pose_to_bytes(slow)), 413, "too_long")
