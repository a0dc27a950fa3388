"""The Python client against a running service."""

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import uvicorn

import chereme
from chereme import Client
from chereme.errors import ServiceError
from chereme.layout import HAND_21, Layout
from chereme.poses import write_pose
from chereme.serve import AslSettings, ServeSettings, create_app
from chereme.serve.run import listen
from made_up import drawn_hand, made_up_signer, made_up_speller, made_up_swings


@contextmanager
def serving(folder: Path, speller: str, **settings: Any) -> Iterator[str]:
    """Where a service answers."""
    settings = {"_env_file": None, "lexicon": str(folder / "own.sqlite"), "token": "secret", **settings}
    app = create_app(ServeSettings(**settings), AslSettings(_env_file=None, classifier_path=speller))
    with listen("127.0.0.1", 0) as socket:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="websockets-sansio", timeout_keep_alive=60))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{socket.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join(20)


@pytest.fixture(scope="module")
def url(small_bundle, tmp_path_factory):
    folder = tmp_path_factory.mktemp("service")
    speller = made_up_speller(folder / "letters").folder
    with serving(folder, str(speller), bundle=str(small_bundle)) as found:
        yield found


@pytest.fixture(scope="module")
def client(url):
    with Client(url, token="secret", timeout=60) as found:
        yield found


@pytest.fixture(scope="module")
def clip():
    return made_up_signer(16, np.random.default_rng(0))


def test_it_is_loaded_when_asked_for():
    assert chereme.Client is Client
    with pytest.raises(AttributeError, match="Server"):
        _ = chereme.Server


def test_clips_and_landmarks_get_the_same_words(client, clip, tmp_path):
    write_pose(clip, tmp_path / "casa.pose")
    from_file = client.recognize(tmp_path / "casa.pose", top=2)
    from_memory = client.recognize(clip, 2, landmarks=True)
    assert from_file["file"] == "casa.pose"
    assert from_file["predictions"] == from_memory["predictions"]
    assert len(from_memory["landmarks"]["points"]) == 16


def test_overlay_and_letters(client, clip, tmp_path):
    assert client.overlay(clip)[4:8] == b"ftyp"
    from PIL import Image

    Image.fromarray(drawn_hand("right")).save(tmp_path / "hand.png")
    assert len(client.spell(tmp_path / "hand.png", 3)["ranked"]) == 3
    assert client.spell(tmp_path / "hand.png", mirrored=True)["handedness"] == "left"
    assert len(client.hand_pose(tmp_path / "hand.png")["landmarks"]) == 21
    assert client.hand_pose(tmp_path / "hand.png", mirrored=True)["handedness"] == "left"


def test_producing(client):
    word = next(model for model in client.models() if model["kind"] == "producer")["labels"][0]
    found = client.produce(glosses=[word, "soap-opera"], speed=2)
    assert found["missing"] == ["soap-opera"]
    assert client.produce_pose(glosses=[word], speed=2).seconds < found["seconds"] + 0.1
    assert client.produce_film(f"The {word}.", speed=4, language="eng")[4:8] == b"ftyp"
    assert any(phrase["text"] == "Good morning." for phrase in client.phrases("eng"))


def test_teaching_looking_up_and_forgetting(client, clip):
    other = made_up_signer(30, np.random.default_rng(1))
    added = client.teach("mesa", clip, other, language="xxx", source="the desk")
    (entry,) = added["entries"]
    assert (entry["gloss"], entry["examples"], entry["source"]) == ("mesa", 2, "the desk")
    assert client.lexicon("mes", "xxx")["entries"] == [entry]
    assert client.look_up(clip, top=1)["entries"][0]["id"] == entry["id"]
    assert client.recognize(clip, 9, lexicon=True)["predictions"][0]["gloss"] == "mesa"
    np.testing.assert_allclose(client.pose(entry["id"]).points, clip.points, atol=1e-3)
    packed = client.export_lexicon()
    assert client.forget(added["added"][1]) == {"removed": 1, "left": 1}
    assert client.import_lexicon(packed) == {"added": 1, "skipped": 1, "failed": []}
    assert client.forget(entry["id"], whole=True) == {"removed": 2, "left": 0}


def test_samples(client, tmp_path):
    assert client.samples() == []  # the small bundle knows none of the words that can be drawn
    with serving(tmp_path, "nowhere") as url, Client(url) as other:
        first, *others = other.samples()
        assert set(first) == {"gloss", "seconds", "href"}
        assert others
        assert other.sample(first["gloss"])[4:8] == b"ftyp"
        with pytest.raises(ServiceError) as refused:
            other.sample("a/b?")
    assert refused.value.code in ("no_sample", "no_address")


@pytest.fixture(scope="module")
def swing():
    return made_up_swings(1)


@pytest.mark.parametrize("at_once", [1, 3, 1000], ids=["frame by frame", "three at a time", "all at once"])
def test_a_stream(client, swing, at_once):
    told: list[dict[str, Any]] = []
    with client.stream(swing.size, swing.fps, top=2) as stream:
        assert stream.about == {"type": "ready", "bundle": "small", "layout": "body_hands_75"}
        for i in range(0, len(swing), at_once):
            told += stream.send(swing.points[i] if at_once == 1 else swing.points[i : i + at_once])
        told += stream.end()
    assert [one["type"] for one in told] == ["signing", "signing", "sign"]
    assert [one["signing"] for one in told[:2]] == [True, False]
    sign = told[2]
    assert len(sign["predictions"]) == 2
    assert (sign["start"], sign["end"]) == pytest.approx((1.5, 2.7), abs=0.5)


def test_a_stream_tells_of_a_sign_while_it_goes_on(client, swing):
    with client.stream(swing.size, swing.fps) as stream:
        stream.send(swing.points)
        still, end = swing.points[-1], time.monotonic() + 20
        told: list[dict[str, Any]] = []
        while not any(one["type"] == "sign" for one in told) and time.monotonic() < end:
            told += stream.send(still)
            time.sleep(0.02)
        assert told[-1]["predictions"]


def test_a_stream_takes_times_and_layouts_of_any_name(client, swing):
    layout = Layout("mine", swing.layout.names)
    times = [10 + i / swing.fps for i in range(len(swing))]
    with client.stream(swing.size, 1.0, layout) as stream:
        assert stream.about["layout"] == "mine"
        told = stream.send(swing.points, times) + stream.end()
    (sign,) = (one for one in told if one["type"] == "sign")
    assert sign["start"] == pytest.approx(11.5, abs=0.5)


def test_a_stream_that_is_refused_says_why(client, swing, small_bundle, tmp_path):
    with pytest.raises(ServiceError) as refused, client.stream(swing.size, layout=HAND_21):
        pass
    assert refused.value.code == "landmarks_missing"
    with client.stream(swing.size) as stream:
        stream.send(np.zeros((3, 3)))
        with pytest.raises(ServiceError, match="whole frames") as refused:
            stream.end()
        assert refused.value.code == "json"
        with pytest.raises(ServiceError, match="closed the stream"):
            stream.send(swing.points)
    with serving(tmp_path, "nowhere", bundle=str(small_bundle), streams=1) as url, Client(url, timeout=20) as other:
        with other.stream(swing.size), pytest.raises(ServiceError) as refused, other.stream(swing.size):
            pass
        assert refused.value.code == "busy"


def test_nobody_streams():
    gone = pytest.raises(ServiceError, match=r"no answer .*chereme serve")
    with Client("http://127.0.0.1:9") as nobody, gone, nobody.stream((640, 480)):
        pass


@pytest.mark.parametrize(("version", "status"), [("HTTP/1.1", 404), ("HTTP/1.0", 0)], ids=["no such page", "too old"])
def test_where_no_stream_is(version, status):
    class Other(BaseHTTPRequestHandler):
        protocol_version = version

        def do_GET(self) -> None:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Other) as other:
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{other.server_port}"
            with Client(url) as there, pytest.raises(ServiceError) as refused, there.stream((640, 480)):
                pass
        finally:
            other.shutdown()
            thread.join()
    assert refused.value.status == status
    assert "; " in str(refused.value)


def test_a_refusal_is_an_error_with_its_code(client, url, clip, tmp_path):
    (tmp_path / "x.mp4").write_bytes(b"no film")
    with pytest.raises(ServiceError, match=r"x\.mp4: .*; ") as refused:
        client.recognize(tmp_path / "x.mp4")
    assert (refused.value.code, refused.value.status) == ("damaged", 400)
    with Client(url) as stranger, pytest.raises(ServiceError, match="token") as refused:
        stranger.teach("mesa", clip)
    assert (refused.value.code, refused.value.status) == ("token", 401)
    with pytest.raises(ServiceError, match="cannot be read"):
        client.recognize(tmp_path / "nowhere.mp4")


def test_nobody_answers(clip):
    with Client("http://127.0.0.1:9") as nobody, pytest.raises(ServiceError, match="no answer") as refused:
        nobody.recognize(clip)
    assert refused.value.status == 0


def test_something_else_answers():
    def proxy(request: httpx.Request) -> httpx.Response:
        return httpx.Response(502, text="<html>bad gateway")

    with Client(transport=httpx.MockTransport(proxy)) as there, pytest.raises(ServiceError, match="502") as refused:
        there.health()
    assert (refused.value.code, refused.value.status) == ("", 502)


def test_progress_and_cancel(client, clip, monkeypatch):
    from chereme.serve import recognitions

    began = threading.Event()

    def slow(upload, judge, settings, work):
        work.check(0.5)
        began.set()
        while True:
            work.check()

    monkeypatch.setattr(recognitions, "answer", slow)
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(client.recognize, clip, work="mine?")
        assert began.wait(10)
        assert client.progress("mine?") == {"state": "running", "share": 0.5}
        client.cancel("mine?")
        with pytest.raises(ServiceError) as refused:
            asked.result()
    assert refused.value.code == "cancelled"
    with pytest.raises(ServiceError, match="mine"):
        client.progress("mine?")


def test_the_examples_of_the_page_run(url, swing, tmp_path, monkeypatch, capsys):
    page = (Path(__file__).parents[1] / "docs" / "client.md").read_text(encoding="utf-8")
    plain, stream = re.findall(r"```py\n(.*?)```", page, re.DOTALL)
    plain = plain.replace('token=""', 'token="secret"')
    plain = plain.replace("clip.mp4", "casa.pose").replace("casa.mp4", "casa.pose")
    write_pose(made_up_signer(20, np.random.default_rng(5)), tmp_path / "casa.pose")
    write_pose(swing, tmp_path / "clip.pose")
    monkeypatch.chdir(tmp_path)
    for code in (plain, stream):
        exec(compile(code.replace("http://127.0.0.1:8765", url), "docs/client.md", "exec"), {})
    predictions, *_, words = capsys.readouterr().out.splitlines()
    assert "'probability'" in predictions
    assert words in ("['casa']", "['pai']", "['água']")
    assert (tmp_path / "said.mp4").stat().st_size > 1000
