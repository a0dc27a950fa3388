"""Letters of a hand, and its pose: what the routes under /api/v1/asl answer, and how they refuse."""

import io
import json
import logging
import shutil
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from chereme.landmarks.hands import HandFinder, as_sequence
from chereme.serve import asl
from chereme.serve.answers import HandPose, Letter
from chereme.spell import Spelled, Speller
from made_up import made_up_speller


def file_of(image: np.ndarray, kind: str = "PNG", orientation: int = 1) -> bytes:
    """A picture's file, with the EXIF orientation that a camera would note."""
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(image).save(out, kind, exif=exif)
    return out.getvalue()


@pytest.fixture(scope="session")
def right(right_hand) -> bytes:
    return file_of(right_hand)


@pytest.fixture(scope="session")
def left(left_hand) -> bytes:
    return file_of(left_hand)


GREY = file_of(np.full((240, 320, 3), 128, np.uint8))


def refused(answer: httpx.Response, status: int, code: str) -> str:
    """The one line of an answer that must be this refusal."""
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert set(answer.json()) == {"code", "detail"}
    detail = answer.json()["detail"]
    assert detail.count("\n") == 0
    assert "; " in detail  # what next
    assert "clip" not in detail
    return detail


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_hand_gets_its_letter(spelling, speller_bundle, side, request):
    """The same as the parts give one by one."""
    image = request.getfixturevalue(f"{side}_hand")
    answer = spelling.spell(file_of(image))
    assert answer.status_code == 200
    found = answer.json()
    with HandFinder() as finder:
        expected = Speller.load(speller_bundle).spell(as_sequence(finder.find(image), image))
    ranked = [{"letter": r.gloss, "probability": pytest.approx(r.probability)} for r in expected.ranked[:5]]
    assert found == {
        "letter": expected.letter,
        "confidence": pytest.approx(expected.probability),
        "handedness": side,
        "ranked": ranked,
    }
    assert expected.letter is not None


def test_how_many_letters_are_listed(spelling, right):
    found = spelling.spell(right, top="30").json()
    assert {r["letter"] for r in found["ranked"]} == set("ABCDEFGHIKLMNOPQRSTUVWXY")  # J and Z move
    assert sum(r["probability"] for r in found["ranked"]) == pytest.approx(1, abs=1e-5)
    assert len(spelling.spell(right, top="1").json()["ranked"]) == 1


def test_not_sure(serve, speller_bundle, right, tmp_path):
    shutil.copytree(speller_bundle, tmp_path / "careful")
    index = json.loads((tmp_path / "careful/bundle.json").read_text())
    index["calibration"]["unknown_below"] = 1
    (tmp_path / "careful/bundle.json").write_text(json.dumps(index))
    answer = serve(asl={"classifier_path": str(tmp_path / "careful")}).spell(right)
    found = answer.json()
    assert answer.status_code == 200
    assert found["letter"] is None
    assert found["handedness"] == "right"
    assert 0 < found["confidence"] == found["ranked"][0]["probability"] < 1


def test_where_the_hand_is(spelling, right_hand, right):
    answer = spelling.hand_pose(right)
    assert answer.status_code == 200
    found = answer.json()
    assert set(found) == {"landmarks", "handedness", "handedness_confidence", "bounding_box"}
    assert found["handedness"] == "right"
    assert 0.5 < found["handedness_confidence"] <= 1
    height, width = right_hand.shape[:2]
    with HandFinder() as finder:
        (hand,) = finder.find(right_hand)
    places = np.array([[p["x"] * width, p["y"] * height, p["z"] * width] for p in found["landmarks"]])
    np.testing.assert_allclose(places, hand.points * height, atol=1e-3)
    box = found["bounding_box"]
    (x_min, y_min), (x_max, y_max) = places[:, :2].min(0), places[:, :2].max(0)
    assert (box["x_min"] * width, box["x_max"] * width) == pytest.approx((x_min, x_max))
    assert (box["y_min"] * height, box["y_max"] * height) == pytest.approx((y_min, y_max))
    assert box["width"] == pytest.approx(box["x_max"] - box["x_min"])
    assert box["height"] == pytest.approx(box["y_max"] - box["y_min"])


def test_places_are_fractions_of_the_picture(spelling, right_hand, right):
    """Twice as wide a picture: x and z of the same hand are half as large a share of it, y is as before."""
    wide = np.concatenate([right_hand, np.full_like(right_hand, 200)], 1)
    narrow, halved = (
        np.array([list(p.values()) for p in spelling.hand_pose(content).json()["landmarks"]])
        for content in (right, file_of(wide))
    )
    np.testing.assert_allclose(halved, narrow * (0.5, 1, 0.5), atol=0.03)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_gets_the_same_answer(spelling, right_hand, right, orientation):
    stored = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: np.rot90(a),
        7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
        8: lambda a: np.rot90(a, -1),
    }[orientation](right_hand)
    turned = file_of(np.ascontiguousarray(stored), orientation=orientation)
    assert spelling.spell(turned).json() == spelling.spell(right).json()
    assert spelling.hand_pose(turned).json() == spelling.hand_pose(right).json()


def test_a_mirrored_picture_is_flipped_back(spelling, right_hand, right):
    flipped = file_of(np.ascontiguousarray(right_hand[:, ::-1]))
    assert spelling.spell(flipped).json()["handedness"] == "left"
    assert spelling.spell(flipped, mirrored="true").json() == spelling.spell(right).json()
    assert spelling.hand_pose(flipped, mirrored="1").json() == spelling.hand_pose(right).json()


def test_where_nothing_is_said_the_recipe_says_whether_pictures_are_mirrored(serve, right_hand, right, tmp_path):
    made_up_speller(tmp_path / "selfies", more="[hands]\nmirrored = true")
    service = serve(asl={"classifier_path": str(tmp_path / "selfies")})
    flipped = file_of(np.ascontiguousarray(right_hand[:, ::-1]))
    for ask in (service.spell, service.hand_pose):
        assert ask(flipped).json()["handedness"] == "right"
        assert ask(flipped).json() == ask(flipped, mirrored="true").json() == ask(right, mirrored="false").json()
        assert ask(right).json()["handedness"] == ask(right, mirrored="").json()["handedness"] == "left"


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "TIFF"])
def test_other_formats_by_any_name(spelling, right_hand, kind):
    for name in ("hand.jpg", "hand.txt", "hand"):
        assert spelling.spell(file_of(right_hand, kind), name).json()["handedness"] == "right"


@pytest.mark.parametrize("route", ["spell", "hand_pose"])
@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        pytest.param("x.jpg", b"", 400, "empty", id="nothing in it"),
        pytest.param("x.txt", b"words", 400, "damaged", id="text"),
        pytest.param("x.jpg", b"words", 400, "damaged", id="text by a picture's name"),
        pytest.param("x.png", GREY[: len(GREY) // 2], 400, "damaged", id="cut short"),
        pytest.param("x.png", GREY, 422, "no_hand", id="no hand in it"),
        pytest.param("a; b.png", GREY, 422, "no_hand", id="a name with a semicolon"),
        pytest.param("x.png", file_of(np.zeros((4000, 7000, 3), np.uint8)), 413, "too_large", id="too many pixels"),
        pytest.param("x.bmp", b"BM" + bytes(16) + (40_000).to_bytes(4, "little") * 2, 400, "damaged", id="half a head"),
    ],
)
def test_a_picture_that_will_not_do(spelling, route, name, content, status, code):
    detail = refused(getattr(spelling, route)(content, name), status, code)
    assert detail.startswith(f"{name}: ")
    assert spelling.uploads() == []


def test_a_film_is_no_picture(spelling, film):
    assert "JPEG" in refused(spelling.spell(film, "film.mp4"), 400, "damaged")
    assert "JPEG" in refused(spelling.spell(film, "film.jpg"), 400, "damaged")


def test_a_bomb_is_not_unpacked(spelling):
    """A file of some kilobytes that says it unfolds to a gigapixel."""
    out = io.BytesIO()
    Image.new("1", (60_000, 20_000)).save(out, "PNG")
    assert len(out.getvalue()) < 200_000
    refused(spelling.spell(out.getvalue()), 413, "too_large")


def test_too_many_bytes(serve, speller_bundle, right):
    service = serve(asl={"classifier_path": str(speller_bundle)}, max_upload_mb=0.05)
    as_a_file, while_it_arrives = right + bytes(40_000), bytes(2_000_000)
    for answer in (
        service.spell(as_a_file),
        service.spell(while_it_arrives),
        service.hand_pose(while_it_arrives),
    ):
        assert "larger than the 0.05 MB" in refused(answer, 413, "too_large")


@pytest.mark.parametrize("path", ["/api/v1/asl/recognitions", "/api/v1/asl/hand-pose"])
def test_no_picture_in_the_request(spelling, path):
    post = spelling.client.post
    for answer in (
        post(path),
        post(path, json={"file": "x"}),
        post(path, data={"file": "x"}),
        post(path, files={"image": ("x.png", GREY)}),
        post(path, files={"top": (None, "3")}),
    ):
        assert "`file`" in refused(answer, 422, "no_file")
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    assert "no form" in refused(post(path, content=b"--y\r\n", headers=broken), 400, "form")
    refused(post(path, files={"file": ("x.png", GREY)}, data={"mirrored": "perhaps"}), 400, "form")


@pytest.mark.parametrize("given", ["nowhere", "damaged", "recognizer", "weights.pt"])
def test_without_a_model_it_starts_and_says_so_before_looking(
    serve, speller_bundle, small_bundle, right, tmp_path, monkeypatch, given
):
    shutil.copytree(speller_bundle, tmp_path / "damaged")
    (tmp_path / "damaged/model.onnx").write_bytes(b"changed")
    shutil.copytree(small_bundle, tmp_path / "recognizer")
    (tmp_path / "weights.pt").write_bytes(b"no weights")
    service = serve(asl={"classifier_path": str(tmp_path / given)})
    with monkeypatch.context() as patch:
        patch.setattr(asl, "decode_picture", lambda *_: pytest.fail("it was looked at"))
        for content in (right, GREY, b"no picture"):
            detail = refused(service.spell(content), 503, "no_speller")
            assert given in detail
            assert "ASL_CLASSIFIER_PATH" in detail
        refused(service.client.post("/api/v1/asl/recognitions"), 503, "no_speller")
    assert service.hand_pose(right).status_code == 200
    assert service.client.get("/api/v1/health").json()["asl"] == "no model"
    assert "speller" not in [m["kind"] for m in service.client.get("/api/v1/models").json()]


@pytest.mark.parametrize("missing", ["not installed", "not to be loaded"])
def test_without_mediapipe(serve, speller_bundle, right, monkeypatch, missing):
    service = serve(asl={"classifier_path": str(speller_bundle)})
    if missing == "not installed":
        monkeypatch.setattr(asl, "find_spec", lambda _: None)
        assert service.client.get("/api/v1/health").json()["asl"] == "no engine"
    else:
        monkeypatch.setitem(sys.modules, "chereme.landmarks.hands", None)
    monkeypatch.setattr(asl, "decode_picture", lambda *_: pytest.fail("it was looked at"))
    for answer in (service.spell(right), service.hand_pose(right)):
        assert "MediaPipe" in refused(answer, 503, "no_engine")


def broken(*_: object) -> Spelled:
    raise ValueError("a secret")


@pytest.mark.parametrize(
    "spell",
    [
        pytest.param(broken, id="it fails"),
        pytest.param(lambda *_: Spelled("A", float("nan"), "right"), id="no number"),
    ],
)
def test_a_fault_of_the_classifier_is_ours(spelling, right, monkeypatch, caplog, spell):
    monkeypatch.setattr(Speller, "spell", spell)
    monkeypatch.setattr(logging.getLogger("uvicorn.error"), "propagate", True)
    answer = spelling.spell(right)
    assert "secret" not in refused(answer, 500, "internal")
    assert "Traceback" in caplog.text
    assert spelling.uploads() == []


def test_nothing_of_a_picture_lies_on_disk(spelling, right_hand, monkeypatch, tmp_path):
    """Not even while it is worked on, and though it is larger than forms are held in memory."""
    out = io.BytesIO()
    Image.fromarray(right_hand).resize((960, 720)).save(out, "BMP")
    large = out.getvalue()
    assert len(large) > 1_200_000
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    seen = []
    decode = asl.decode_picture
    monkeypatch.setattr(
        asl, "decode_picture", lambda *a: (seen.append([*tmp_path.iterdir(), *spelling.uploads()]), decode(*a))[1]
    )
    assert spelling.hand_pose(large).status_code == 200
    assert seen == [[]]


def test_requests_at_once_get_their_own_answers(spelling, right, left):
    asked = [(spelling.spell, right), (spelling.hand_pose, left), (spelling.spell, left), (spelling.spell, GREY)]
    alone = [ask(content).json() for ask, content in asked]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda one: one[0](one[1]).json(), asked * 2))
    assert together == alone * 2


def test_a_crowd_is_told_to_come_back(serve, speller_bundle, right, monkeypatch):
    began, let_go = threading.Event(), threading.Event()
    spell = Speller.spell
    monkeypatch.setattr(Speller, "spell", lambda *a: (began.set(), let_go.wait(20), spell(*a))[2])
    service = serve(asl={"classifier_path": str(speller_bundle)}, workers=1, waiting=0)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(service.spell, right)
        assert began.wait(20)
        busy = service.spell(right)
        refused(busy, 429, "busy")
        assert busy.headers["retry-after"]
        let_go.set()
        assert first.result().status_code == 200


def test_a_portal_checkpoint(serve, right, tmp_path, monkeypatch):
    layers = [nn.Linear(84, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 26)]
    saved = {
        "model_state_dict": {f"network.{name}": value for name, value in nn.Sequential(*layers).state_dict().items()},
        "model_config": {"model_type": "v1", "input_size": 84, "num_classes": 26},
        "label_mapping": dict(enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ")),
    }
    torch.save(saved, tmp_path / "best_model.pt")
    service = serve(asl={"classifier_path": str(tmp_path / "best_model.pt")})
    assert service.client.get("/api/v1/health").json()["asl"] == "ready"
    assert service.client.get("/api/v1/models").json()[1]["labels"] == list("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert service.spell(right).json()["letter"] in saved["label_mapping"].values()
    monkeypatch.setitem(sys.modules, "chereme.export.portal", None)  # as without torch
    without = serve(asl={"classifier_path": str(tmp_path / "best_model.pt")})
    assert "pip install 'chereme[train]'" in refused(without.spell(right), 503, "no_speller")


def test_models_and_health(spelling):
    recognizer, speller = spelling.client.get("/api/v1/models").json()[:2]
    assert recognizer["kind"] == "recognizer"
    assert (speller["kind"], speller["name"], speller["language"]) == ("speller", "letters", "ase")
    assert speller["labels"] == list("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert (speller["use"], speller["card"]["title"]) == ("open", "Made up")
    health = spelling.client.get("/api/v1/health").json()
    assert (health["status"], health["asl"]) == ("live", "ready")


@pytest.mark.parametrize(("path", "schema"), [("recognitions", Letter), ("hand-pose", HandPose)])
def test_openapi_has_examples(spelling, path, schema):
    post = spelling.client.get("/api/v1/openapi.json").json()["paths"][f"/api/v1/asl/{path}"]["post"]
    assert set(post["responses"]) == {"200", "400", "403", "408", "413", "422", "429", "500", "503"}
    properties = post["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    assert set(properties) == {"file", "mirrored"} | ({"top"} if path == "recognitions" else set())
    content = {status: response["content"]["application/json"] for status, response in post["responses"].items()}
    assert content["200"]["schema"]["$ref"].endswith(schema.__name__)
    for example in content.pop("200")["examples"].values():
        assert schema.model_validate(example["value"])
    assert all(refusal["example"]["code"] and refusal["example"]["detail"] for refusal in content.values())
