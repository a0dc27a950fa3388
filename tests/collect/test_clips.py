"""Is what came a clip, and where does it go."""

import hashlib

import pytest

from chereme.bench.replica import MP4
from chereme.collect import Entry
from chereme.collect.clips import clip_path, keep_clip, why_no_clip


@pytest.mark.parametrize(
    ("kind", "body", "says"),
    [
        pytest.param("video/mp4", MP4, "", id="a film"),
        pytest.param("application/octet-stream", MP4, "", id="a film without a name"),
        pytest.param("video/quicktime", b"\0\0\0\x08wide" + b"\0" * 9, "", id="an older mov"),
        pytest.param("text/html;charset=utf-8", b"<p>sorry", "answers text/html", id="regrets with status 200"),
        pytest.param("video/mp4", b"<html>sorry", "no video", id="a page called a film"),
        pytest.param("video/mp4", b"", "empty", id="nothing"),
        pytest.param("video/mp4", None, "", id="head: a film"),
        pytest.param("text/html", None, "answers text/html", id="head: a page"),
        pytest.param("", None, "names no type", id="head: no type"),
    ],
)
def test_why_no_clip(kind, body, says):
    found = why_no_clip(kind, body)
    assert says in found
    assert bool(found) == bool(says)


def test_names_of_clips_are_plain_and_never_shared():
    entry = Entry("k", "Não/sei: ../..", "http://x.test")
    paths = {clip_path("ufv", entry, f"http://x.test/v/{n}.MOV?x=1") for n in range(3)}
    assert len(paths) == 3
    assert all(path.startswith("videos/ufv/nao-sei-") and path.endswith(".mov") for path in paths)
    assert clip_path("ufv", Entry("k", "手", "http://x.test"), "http://x.test/2021_x.").endswith(".mp4")


def test_a_clip_is_kept_with_its_digest(tmp_path):
    digest = keep_clip(tmp_path / "videos" / "s" / "a.mp4", MP4)
    assert digest == hashlib.sha256(MP4).hexdigest()
    assert [p.name for p in (tmp_path / "videos" / "s").iterdir()] == ["a.mp4"]
