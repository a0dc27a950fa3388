"""Signs taught, found, listed, drawn, removed, exported and imported over the API."""

import csv
import io
import zipfile
from base64 import b64decode
from typing import Any

import numpy as np
import pytest
from PIL import Image

from answered import landmarks_of, refused
from chereme.lexicon import list_lexicons
from chereme.poses import pose_from_bytes, pose_to_bytes
from chereme.recognize import Recognizer
from chereme.serve import lookup
from chereme.serve.answers import Landmarks
from chereme.serve.answers_signs import Added, DictionaryPage, EmbeddedLexicons, Imported, Removed, SearchResult
from chereme.types import PoseSequence
from made_up import made_up_signer

LEXICON = "/api/v1/lexicon"


@pytest.fixture(scope="module")
def clips() -> list[PoseSequence]:
    return [made_up_signer(12 + 6 * i, np.random.default_rng(i)) for i in range(3)]


def teach(service, gloss: str, *clips: PoseSequence, **more: Any):
    body = {"gloss": gloss, "language": "xxx", "landmarks": [landmarks_of(clip) for clip in clips], **more}
    return service.client.post(LEXICON, json=body)


def own(service) -> list[dict[str, Any]]:
    page = service.client.get(LEXICON, params={"language": "xxx"}).json()
    DictionaryPage(**page)
    return page["entries"]


def test_a_taught_sign_is_found_listed_drawn_and_forgotten(serve, clips):
    service = serve()
    assert own(service) == []
    answer = teach(service, "mesa", clips[0], clips[1], source="the desk")
    assert answer.status_code == 201
    added = answer.json()
    Added(**added)
    (entry,) = added["entries"]
    assert entry["gloss"] == "mesa"
    assert entry["source"] == "the desk"
    assert entry["examples"] == 2
    assert len(added["added"]) == 2
    assert entry["writable"]
    assert own(service) == [entry]

    answer = service.client.post(f"{LEXICON}/search", json={"landmarks": landmarks_of(clips[0]), "top": 3})
    found = answer.json()
    SearchResult(**found)
    assert len(found["entries"]) == 3
    assert found["entries"][0]["gloss"] == "mesa"
    assert found["entries"][0]["id"] == entry["id"]
    assert found["entries"][0]["score"] > 0.9
    assert not found["unknown"]

    pose = service.client.get(f"{LEXICON}/{entry['id']}/pose")
    assert pose.headers["content-type"] == "application/x-pose"
    np.testing.assert_allclose(pose_from_bytes(pose.content).points, clips[0].points, atol=1e-3)
    # the page plays that very example, not whichever a production of the gloss would take
    shown = service.client.get(f"{LEXICON}/{added['added'][1]}/pose", params={"format": "json"}).json()
    Landmarks(**shown)
    drawn = [[point or [np.nan] * 2 for point in frame] for frame in shown["points"]]
    np.testing.assert_allclose(drawn, clips[1].points[..., :2], atol=1e-3)
    picture = service.client.get(f"{LEXICON}/{entry['id']}/picture.png", params={"size": 96})
    assert Image.open(io.BytesIO(picture.content)).size == (6 * 96, 96)

    removed = service.client.delete(f"{LEXICON}/{added['added'][1]}").json()
    Removed(**removed)
    assert removed == {"removed": 1, "left": 1}
    refused(service.client.get(f"{LEXICON}/{added['added'][1]}/pose"), 404, "no_entry")
    assert service.client.delete(f"{LEXICON}/{entry['id']}").json() == {"removed": 1, "left": 0}
    assert own(service) == []


def test_the_whole_sign_goes_at_once(serve, clips):
    service = serve()
    id = teach(service, "mesa", *clips).json()["entries"][0]["id"]
    assert service.client.delete(f"{LEXICON}/{id}", params={"all": True}).json() == {"removed": 3, "left": 0}


def test_what_a_search_compares_with_is_given_out(serve, clips, monkeypatch):
    service = serve()
    added = teach(service, "mesa", clips[0], clips[1]).json()["added"]
    answer = service.client.get(f"{LEXICON}/embeddings")
    EmbeddedLexicons(**answer.json())
    assert answer.headers["cache-control"] == "no-cache"
    own, *shipped = answer.json()["lexicons"]
    assert [one["lexicon"] for one in shipped] == list_lexicons()
    assert [f"own.{entry}" for entry in own["entries"]] == added
    assert [own["signs"][i]["gloss"] for i in own["sign_of"]] == ["mesa", "mesa"]
    assert (own["encoder"], own["space"]) == ("asl1700", Recognizer.load("asl1700").bundle.space)
    vectors = np.frombuffer(b64decode(own["embeddings"]), "<f4").reshape(2, -1)
    np.testing.assert_allclose(vectors[0], Recognizer.load("asl1700").embed(clips[0]), atol=1e-3)

    held = {"If-None-Match": answer.headers["etag"]}
    assert service.client.get(f"{LEXICON}/embeddings", headers=held).status_code == 304
    teach(service, "casa", clips[2])
    assert service.client.get(f"{LEXICON}/embeddings", headers=held).status_code == 200
    monkeypatch.setattr(lookup, "MOST_EMBEDDINGS", 10)
    told = refused(service.client.get(f"{LEXICON}/embeddings"), 413, "too_many")
    assert "at most 10" in told
    assert "/lexicon/search" in told


def test_files_teach_too_and_are_looked_up(serve, clips, film):
    service = serve()
    files = [("file", ("a.pose", pose_to_bytes(clips[0]))), ("file", ("b.mp4", film))]
    answer = service.client.post(LEXICON, files=files, data={"gloss": "casa", "language": "xxx"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["entries"][0]["examples"] == 2
    assert service.uploads() == []
    found = service.client.post(f"{LEXICON}/search", files={"file": ("b.mp4", film)}, data={"top": "1"}).json()
    assert [one["gloss"] for one in found["entries"]] == ["casa"]
    assert found["seconds"] > 0
    assert service.uploads() == []


def test_one_bad_clip_keeps_all_out(serve, clips, wall):
    service = serve()
    files = [("file", ("a.pose", pose_to_bytes(clips[0]))), ("file", ("wall.mp4", wall))]
    refused(service.client.post(LEXICON, files=files, data={"gloss": "casa", "language": "xxx"}), 422, "nobody")
    assert own(service) == []
    teach(service, "casa", clips[0])
    assert "entry 1" in refused(teach(service, "casa", clips[1], clips[0]), 409, "known")
    assert own(service)[0]["examples"] == 1
    assert service.uploads() == []


@pytest.mark.parametrize(
    ("gloss", "more", "says"),
    [
        pytest.param("", {}, "gloss", id="no gloss"),
        pytest.param("casa", {"language": "Portuguese!"}, "ISO 639-3", id="no language"),
        pytest.param("ca\x00sa", {}, "character", id="a character that no text holds"),
        pytest.param("casa", {"landmarks": []}, "1 to 5", id="no clip"),
        pytest.param("casa", {"colour": "red"}, "colour", id="an unknown field"),
    ],
)
def test_what_cannot_be_taught(service, clips, gloss, more, says):
    assert says in refused(teach(service, gloss, clips[0], **more), 400, "json")


def test_more_clips_than_are_taken(service, clips):
    files = [("file", (f"{i}.pose", pose_to_bytes(clips[0]))) for i in range(6)]
    total = service.client.get(LEXICON).json()["total"]
    assert "5" in refused(service.client.post(LEXICON, files=files, data={"gloss": "casa"}), 400, "form")
    none = service.client.post(LEXICON, data={"gloss": "casa"}, files=[("x", ("x", b""))])
    assert "file" in refused(none, 400, "form")
    assert service.client.get(LEXICON).json()["total"] == total


def test_lexicons_that_ship_are_searched_and_not_changed(service, signer):
    page = service.client.get(LEXICON, params={"language": "bzs", "limit": 1000}).json()
    assert page["total"] == 24
    entry = next(one for one in page["entries"] if one["lexicon"] == "libras24")
    assert (entry["writable"], entry["use"], entry["has_pose"], entry["how"]) == (False, "research", False, None)
    refused(service.client.delete(f"{LEXICON}/{entry['id']}"), 403, "shipped")
    refused(service.client.get(f"{LEXICON}/{entry['id']}/pose"), 404, "no_pose")
    found = service.client.post(
        f"{LEXICON}/search", json={"landmarks": landmarks_of(signer), "top": 50, "language": "bzs"}
    ).json()
    assert {one["lexicon"] for one in found["entries"]} == {"libras24"}
    scores = [one["score"] for one in found["entries"]]
    assert scores == sorted(scores, reverse=True)


def test_what_kept_no_landmarks_is_drawn_by_a_producer(service):
    entries = service.client.get(LEXICON, params={"language": "ins", "limit": 1000}).json()["entries"]
    entry = next(one for one in entries if one["how"] == "producer")
    assert entry["has_pose"]
    assert len(pose_from_bytes(service.client.get(f"{LEXICON}/{entry['id']}/pose").content)) > 10


def test_pages_of_names(service):
    def glosses(**asked: Any) -> list[str]:
        page = service.client.get(LEXICON, params={"language": "bzs", **asked}).json()
        return [entry["gloss"] for entry in page["entries"]]

    every = glosses(limit=24)
    assert glosses(limit=5, offset=5) == every[5:10]
    assert glosses(q="BANÂ")[0] == "banana"
    with_r = glosses(q="r", limit=24)
    starts = [gloss.startswith("r") for gloss in with_r]
    assert starts == sorted(starts, reverse=True)
    assert glosses(q="no such sign") == []
    assert {"bzs", "ins"} <= set(service.client.get(LEXICON, params={"language": "bzs"}).json()["languages"])
    for bad in ({"limit": 0}, {"limit": "many"}, {"offset": -1}, {"q": "x" * 300}):
        refused(service.client.get(LEXICON, params=bad), 422, "query")


@pytest.mark.parametrize("id", ["own.999", "own.x", "nowhere.1", "1", "own.99999999999999999999", "own.-1"])
def test_no_such_entry(service, id):
    for answer in (
        service.client.get(f"{LEXICON}/{id}/pose"),
        service.client.get(f"{LEXICON}/{id}/picture.png"),
        service.client.delete(f"{LEXICON}/{id}"),
    ):
        assert "/lexicon" in refused(answer, 404, "no_entry")


def test_export_and_import(serve, clips, tmp_path):
    first = serve(lexicon=str(tmp_path / "first.sqlite"))
    refused(first.client.get(f"{LEXICON}/export"), 404, "no_entry")
    teach(first, "mesa", clips[0], clips[1])
    teach(first, "casa", clips[2])
    packed = first.client.get(f"{LEXICON}/export")
    assert packed.headers["content-type"] == "application/zip"
    second = serve(lexicon=str(tmp_path / "second.sqlite"))
    for expected in ({"added": 3, "skipped": 0, "failed": []}, {"added": 0, "skipped": 3, "failed": []}):
        answer = second.client.post(f"{LEXICON}/import", files={"file": ("signs.zip", packed.content)})
        assert answer.json() == expected
        Imported(**answer.json())
    assert [(one["gloss"], one["examples"]) for one in own(second)] == [("casa", 1), ("mesa", 2)]
    assert first.uploads() == second.uploads() == []


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return out.getvalue()


def spoilt(content: bytes) -> bytes:
    """The same with other bytes where its first file's content is."""
    return content[:60] + b"\xff" * 60 + content[120:]


def test_a_folder_of_poses_as_zip(serve, clips):
    service = serve()
    index = io.StringIO()
    table = csv.writer(index)
    table.writerow(["path", "spoken_language", "signed_language", "start", "end", "words", "glosses", "priority"])
    table.writerow(["casa.pose", "por", "xxx", 0, 0, "casa", "casa", 0])
    table.writerow(["../casa.pose", "por", "xxx", 0, 0, "mesa", "mesa", 0])
    content = zipped(
        **{"index.csv": index.getvalue().encode(), "casa.pose": pose_to_bytes(clips[0]), "../casa.pose": b"out"}
    )
    found = service.client.post(f"{LEXICON}/import", files={"file": ("x.zip", content)}).json()
    assert found["added"] == 1
    assert [bad["row"] for bad in found["failed"]] == [3]
    assert [one["gloss"] for one in own(service)] == ["casa"]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        pytest.param(b"no zip", 400, "damaged", id="no zip"),
        pytest.param(zipped(**{"other.txt": b"x"}), 400, "damaged", id="nothing of ours in it"),
        pytest.param(zipped(**{"signs.lexicon": b"no lexicon" * 99}), 400, "damaged", id="no lexicon"),
        pytest.param(zipped(**{"index.csv": b"a,b\n1,2\n"}), 400, "damaged", id="a table of something else"),
        pytest.param(b"", 400, "empty", id="nothing"),
        pytest.param(spoilt(zipped(**{"signs.lexicon": bytes(range(256)) * 400})), 400, "damaged", id="spoilt"),
        pytest.param(
            zipped(**{"index.csv": b"", **{f"{i}.pose": b"" for i in range(20_000)}}),
            413,
            "too_large",
            id="a crowd of files",
        ),
    ],
)
def test_a_zip_that_will_not_do(serve, content, status, code):
    service = serve()
    detail = refused(service.client.post(f"{LEXICON}/import", files={"file": ("x.zip", content)}), status, code)
    assert detail.startswith("x.zip: ")
    assert str(service.folder) not in detail
    assert "/tmp" not in detail
    assert service.uploads() == []


def test_a_zip_that_swells(serve):
    service = serve(max_upload_mb=0.1)
    bomb = zipped(**{"signs.lexicon": bytes(2_000_000)})
    assert len(bomb) < 10_000
    answer = service.client.post(f"{LEXICON}/import", files={"file": ("x.zip", bomb)})
    assert "unpacks to more" in refused(answer, 413, "too_large")


def test_a_lexicon_that_is_none(serve, tmp_path, clips):
    (tmp_path / "no.sqlite").write_text("no lexicon at all, but a text of some length" * 50)
    service = serve(lexicon=str(tmp_path / "no.sqlite"))
    refused(teach(service, "casa", clips[0]), 503, "no_lexicon")
    refused(service.client.get(LEXICON), 503, "no_lexicon")
    assert service.client.get("/api/v1/ready").status_code == 200


# -- who may write -------------------------------------------------------------------------------------------------


def write_all(service, clip: PoseSequence, headers: dict[str, str]):
    body = {"gloss": "casa", "language": "xxx", "landmarks": landmarks_of(clip)}
    return [
        service.client.post(LEXICON, json=body, headers=headers),
        service.client.post(f"{LEXICON}/import", files={"file": ("x.zip", b"x")}, headers=headers),
        service.client.delete(f"{LEXICON}/own.1", headers=headers),
    ]


def test_with_a_token_only_its_holder_writes(serve, clips):
    service = serve(token="secret-ä")
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic secret"}, {"Authorization": "x"}):
        for answer in write_all(service, clips[0], headers):
            detail = refused(answer, 401, "token")
            assert "secret" not in detail
            assert answer.headers["www-authenticate"] == "Bearer"
    assert service.client.get(LEXICON).status_code == 200  # reading needs none
    assert service.client.post(
        f"{LEXICON}/search", json={"landmarks": landmarks_of(clips[0])}
    ).status_code == 200  # fmt: skip
    ours = {"Authorization": b"Bearer secret-\xc3\xa4"}
    assert [answer.status_code for answer in write_all(service, clips[0], ours)] == [201, 400, 200]


def test_without_a_token_only_this_machine_writes(serve, clips):
    service = serve(hosts="desk.example")
    for headers in (
        {"Host": "desk.example"},
        {"X-Forwarded-For": "192.0.2.7"},
        {"Forwarded": "for=192.0.2.7"},
        {"X-Real-IP": "192.0.2.7"},
        {"Via": "1.1 proxy"},
    ):
        for answer in write_all(service, clips[0], headers):
            refused(answer, 403, "not_here")
        assert service.client.get(LEXICON, headers=headers).status_code == 200
    assert write_all(service, clips[0], {})[0].status_code == 201
