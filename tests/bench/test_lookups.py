"""Signs looked up by one example of each: what is counted, and which clips stand on which side."""

import numpy as np
import pytest

from chereme.bench import asl24
from chereme.bench.embeddings import Gallery, dtw_likeness, lookup_scores
from chereme.bench.one_shot_cross import standardised
from chereme.errors import CheremeError
from chereme.render import draw_signer, write_video
from chereme.types import Clip
from made_up import made_up_signer


def test_places_are_counted_over_all_lookups():
    """First, second and third place, and first again in another gallery."""
    likeness = np.array([[3, 2, 1], [3, 2, 1], [3, 2, 1]], np.float32)
    lookups = [(likeness, np.array([0, 1, 2])), (likeness[:1], np.array([0]))]
    found = lookup_scores(lookups, further=2)
    assert (found["recall1"], found["recall2"]) == (0.5, 0.75)
    assert found["mrr"] == pytest.approx((1 + 1 / 2 + 1 / 3 + 1) / 4, abs=1e-4)
    for name in ("recall1", "recall2", "mrr"):
        low, high = found[f"{name}_ci95"]
        assert low <= found[name] <= high


def test_glosses_are_drawn_with_all_their_clips():
    """Ten clips of each gloss that are all right or all wrong tell no more than one."""
    likeness, truth = np.array([[2, 1], [2, 1]], np.float32), np.array([0, 1])
    once = lookup_scores([(likeness, truth)])
    assert lookup_scores([(likeness.repeat(10, 0), truth.repeat(10))])["recall1_ci95"] == once["recall1_ci95"]


def test_a_gallery_looks_clips_up_by_cosine():
    glosses = {"a1": "a", "b1": "b", "b2": "b"}
    gallery = Gallery.of({"b": "b1", "a": "a1"}, ["b2"], glosses)
    assert gallery.examples == ("a1", "b1")
    vectors = {"a1": np.array([1, 0]), "b1": np.array([0, 1]), "b2": np.array([0.6, 0.8])}
    likeness, truth = gallery.look_up(vectors)
    np.testing.assert_allclose(likeness, [[0.6, 0.8]])
    assert truth.tolist() == [1]


def test_warping_finds_the_same_movement_at_another_speed():
    time = np.linspace(0, 1, 60)[:, None]
    up, down = (np.hstack([way, np.sin(7 * time)]).astype(np.float32) for way in (time, 1 - time))
    slower = np.interp(np.linspace(0, 1, 80) ** 1.3, time[:, 0], up[:, 0])[:, None]
    query = np.hstack([slower, np.sin(7 * np.linspace(0, 1, 80)[:, None] ** 1.3)]).astype(np.float32)
    assert dtw_likeness([up, down], [query, down]).argmax(1).tolist() == [0, 1]


def test_standardised_embeddings_have_length_one_and_no_common_part():
    vectors = {i: np.array([1, 0.1 * k, 0.0]) for k, i in enumerate("abcd", -2)}
    found = standardised(vectors, "abcd")
    np.testing.assert_allclose([np.linalg.norm(v) for v in found.values()], 1, atol=1e-6)
    assert found["a"] @ found["d"] < 0 < vectors["a"] @ vectors["d"]


def takes(*ids):
    """`dad/sA_1`: a gloss and a signer's take."""
    return [Clip(i, "", i.split("/")[0], "ase", i.split("/")[1].split("_")[0]) for i in ids]


def test_each_signer_shows_and_the_others_look_up():
    clips = takes("dad/sA_2", "dad/sA_1", "eat/sA_1", "dad/sB_1", "eat/sB_1")
    first, second = asl24.signer_galleries(clips)
    assert first.examples == ("dad/sA_1", "eat/sA_1")
    assert first.queries == ("dad/sB_1", "eat/sB_1")
    assert second.queries == ("dad/sA_2", "dad/sA_1", "eat/sA_1")
    assert second.truth.tolist() == [0, 0, 1]
    with pytest.raises(CheremeError, match="signer sB has no take of eat"):
        asl24.signer_galleries(clips[:-1])


def test_videos_become_landmarks_once(tmp_path, monkeypatch):
    """Of a drawn person the body is found and no hand: such a video stays in."""
    videos = tmp_path / "asl24_videos"
    (videos / "videos" / "hi").mkdir(parents=True)
    signer = made_up_signer(4, np.random.default_rng(0))
    points = signer.points.copy()
    points[:, signer.layout.groups["left_hand"]] = points[:, signer.layout.groups["right_hand"]] = np.nan
    write_video(draw_signer(signer.with_points(points), size=480), videos / "videos" / "hi" / "sA_1.mp4", 25.0)
    (videos / "index.csv").write_text("file,gloss,signer\nvideos/hi/sA_1.mp4,hi,sA\n")
    store = asl24.extracted(videos, tmp_path / "work")
    assert [clip.id for clip in store.clips] == ["hi/sA_1"]
    assert np.isfinite(store.sequence(0).landmark("pose/nose")).all()
    assert np.isnan(store.sequence(0).group("right_hand")).all()
    monkeypatch.setattr(asl24, "run_job", lambda *_: pytest.fail("extracted again"))
    assert len(asl24.extracted(videos, tmp_path / "work")) == 1
