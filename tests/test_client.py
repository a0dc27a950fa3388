"""The Python client against a running service."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
import uvicorn

import chereme
from chereme import Client
from chereme.errors import ServiceError
from chereme.poses import write_pose
from chereme.serve import AslSettings, ServeSettings, create_app
from chereme.serve.run import listen
from made_up import drawn_hand, made_up_signer, made_up_speller


@pytest.fixture(scope="module")
def url(small_bundle, tmp_path_factory):
    folder = tmp_path_factory.mktemp("service")
    settings = ServeSettings(
        _env_file=None, bundle=str(small_bundle), lexicon=str(folder / "own.sqlite"), token="secret"
    )
    speller = made_up_speller(folder / "letters").folder
    app = create_app(settings, AslSettings(_env_file=None, classifier_path=str(speller)))
    with listen("127.0.0.1", 0) as socket:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="websockets-sansio"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
        thread.start()
        yield f"http://127.0.0.1:{socket.getsockname()[1]}/"
        server.should_exit = True
        thread.join(20)


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


def test_the_example_of_the_page_runs(url, clip, tmp_path, monkeypatch, capsys):
    page = (Path(__file__).parents[1] / "docs" / "client.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```py\n(.*?)```", page, re.DOTALL)
    code = code.replace("http://127.0.0.1:8765", url).replace('token=""', 'token="secret"')
    code = code.replace("clip.mp4", "clip.pose").replace("casa.mp4", "casa.pose")
    write_pose(clip, tmp_path / "clip.pose")
    write_pose(made_up_signer(20, np.random.default_rng(5)), tmp_path / "casa.pose")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "docs/client.md", "exec"), {})
    assert "'probability'" in capsys.readouterr().out
    assert (tmp_path / "said.mp4").stat().st_size > 1000
