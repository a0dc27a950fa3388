"""The benches of joined signs, on a few."""

import pytest

from chereme.bench import join_dgs, join_speed
from chereme.errors import MissingExtraError, StoreError


def test_dgs_beats_plain_stitching_on_validation_sentences(data):
    found = join_dgs.measure(data, part="validation", resamples=50).as_json()
    assert found["n"] == 8
    assert found["ratio"] <= 0.7
    assert found["length_ratio"] <= 1.2
    assert found["length_ratio_peer"] > 2
    assert found["unchanged"] == 1  # train_5, of which nothing was replaced
    low, high = found["ratio_ci95"]
    assert low < found["ratio"] < high


def test_dgs_never_looks_at_the_signed_sentence(data, monkeypatch):
    """What comes out is the same when the signed sentence is another."""
    sentences = join_dgs.read_sentences(data)[:2]
    seen = []
    tighten = join_dgs.tighten
    monkeypatch.setattr(join_dgs, "tighten", lambda *given: seen.append(given) or tighten(*given))
    monkeypatch.setattr(join_dgs, "read_sentences", lambda _: list(sentences))
    join_dgs.measure(data, resamples=2)
    given = {id(sequence) for sequence, _ in seen}
    assert given == {id(s.stitched) for s in sentences}
    assert {config.seconds for _, config in seen} == {None, *(0.345 * s.glosses for s in sentences)}


def test_dgs_says_what_is_damaged(tmp_path):
    (tmp_path / "dgs_sentence_poses_sample").mkdir()
    (tmp_path / "dgs_sentence_poses_sample" / "sample_dataset.tar.xz").write_bytes(b"nothing")
    with pytest.raises(StoreError, match="damaged or cut short"):
        join_dgs.read_sentences(tmp_path)


def test_speed_measures_both_and_how_it_looks(data):
    pytest.importorskip("spoken_to_signed")
    found = join_speed.measure(data, rounds=1, phrases=1).as_json()
    assert found["ratio"] == pytest.approx(found["value"] / found["peer_value"], rel=0.01)
    assert found["wrist_apart"][0] == pytest.approx(0, abs=1e-5)
    for name in ("hand_jerk", "bone_length_drift", "mended_ndtw_mje"):
        assert found[name][0] <= found[name][1], name


def test_speed_says_what_to_install_and_what_is_not_there(data, tmp_path, monkeypatch):
    with pytest.raises(StoreError, match="not all there"):
        join_speed.measure(tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "spoken_to_signed.gloss_to_pose.concatenate", None)
    with pytest.raises(MissingExtraError, match="spoken-to-signed"):
        join_speed.measure(data)
