"""Samples of a fixed number of frames, and the defects of the system they come from."""

import csv
import io
import subprocess
import sys
import tarfile

import numpy as np
import pytest

from chereme.errors import RecipeError
from chereme.features import SamplingConfig, average_samples, clip_samples, surest
from chereme.features.samples import DRAWS, draw_spaced


def samples(length, kind, seed=0, **settings):
    config = SamplingConfig(kind=kind, **settings)
    return clip_samples(length, length / 25, config, np.random.default_rng(seed))


def spread(sample):
    return int(np.diff(sample).min())


@pytest.mark.parametrize("kind", DRAWS)
@pytest.mark.parametrize("length", [21, 23, 64, 350])
def test_a_sample_has_its_frames_once_and_in_order(kind, length):
    for sample in samples(length, kind):
        assert len(sample) == 20
        assert spread(sample) >= 1
        assert 0 <= sample[0] <= sample[-1] < length


@pytest.mark.parametrize("kind", DRAWS)
@pytest.mark.parametrize("length", [1, 7, 20])
def test_a_short_clip_gives_all_its_frames_once(kind, length):
    """Defects: uniform repeated indices, random failed, multiple-uniform dropped the clip."""
    (only,) = samples(length, kind)
    assert only.tolist() == list(range(length))


def test_uniform_runs_from_first_to_last_frame():
    (only,) = samples(58, "uniform")
    assert only.tolist() == list(range(0, 58, 3))


def test_several_uniform_samples_each_span_the_clip():
    """Defect: later samples began later and were compressed to the end."""
    three = samples(240, "uniform", samples=3)
    assert len(three) == 3
    assert len(np.unique(np.concatenate(three))) == 60
    spans = [sample[-1] - sample[0] for sample in three]
    assert max(spans) - min(spans) <= 1
    assert min(spans) > 220
    assert all(set(np.diff(sample)) <= {12, 13} for sample in three)


def test_uniform_gives_one_sample_where_spacing_leaves_no_room_for_more():
    assert [len(samples(30, "uniform", samples=2, spacing=n)) for n in (1, 4)] == [2, 1]


def test_random_samples_differ_and_keep_their_spacing():
    """Defect: after 100 tries without the spacing it fell back to an even sample."""
    drawn = samples(64, "random", samples=50, spacing=3)
    assert len(drawn) == 50
    assert len({tuple(sample) for sample in drawn}) == 50
    assert min(map(spread, drawn)) == 3


def test_where_no_spacing_fits_the_sample_is_even():
    (only,) = samples(30, "random", spacing=2)
    assert (only[0], only[-1]) == (0, 29)
    assert set(np.diff(only)) == {1, 2}


@pytest.mark.parametrize("spacing", [1, 2, 3])
@pytest.mark.parametrize("seed", range(20))
def test_exhaustive_samples_share_no_frame_and_always_end(spacing, seed):
    """Defect: a frame drawn near the end could leave a sample that was never complete, and the loop ran for ever."""
    drawn = samples(130, "exhaustive", seed=seed, spacing=spacing)
    together = np.concatenate(drawn)
    assert len(together) == len(set(together.tolist()))
    assert min(map(spread, drawn)) >= spacing
    assert len(drawn) >= 2
    if spacing == 1:
        assert len(drawn) == 6  # 10 of 130 frames are left


def test_exhaustive_stops_at_the_limit():
    assert len(samples(130, "exhaustive", samples=2)) == 2


@pytest.mark.parametrize(
    ("length", "count"),
    [(21, 2), (35, 2), (36, 3), (51, 3), (52, 4), (67, 4), (68, 5), (90, 5), (400, 5)],
)
def test_multiple_uniform_gives_five_samples_at_most(length, count):
    """Defect: with the remaining frames there could be a sixth. 16 of 20 frames leave the pool each time."""
    assert len(samples(length, "multiple-uniform")) == count


def test_multiple_uniform_shares_few_frames_and_uses_those_that_remain():
    drawn = samples(60, "multiple-uniform")
    assert set(np.concatenate(drawn).tolist()) == set(range(60))
    assert len(np.intersect1d(drawn[0], drawn[1])) <= 4
    without = samples(60, "multiple-uniform", include_remaining=False)
    assert len(without) == 3
    disjoint = samples(100, "multiple-uniform", replacement=0.0)
    assert len(np.unique(np.concatenate(disjoint))) == 100


def test_counts_of_the_libras_clips(data):
    """The source's 150 clips gave 2 to 6 samples; six of them no longer exceed the limit of five."""
    with tarfile.open(data / "libras_dictionary_metadata" / "metadata.tar.xz") as archive:
        name = next(n for n in archive.getnames() if n.endswith("video_metadata_v4.csv"))
        rows = list(csv.DictReader(io.TextIOWrapper(archive.extractfile(name), encoding="utf-8")))
    lengths = [int(row["end_frame"]) - int(row["start_frame"]) + 1 for row in rows]
    counts = np.bincount([len(samples(length, "multiple-uniform")) for length in lengths])
    assert counts.tolist() == [0, 0, 21, 9, 25, 95]


def test_clips_of_one_length_are_drawn_apart_in_training():
    """Defect: the generator was reset at every clip, so all clips of one length got the same frames."""
    config, rng = SamplingConfig(kind="random"), np.random.default_rng(0)
    first, second = (clip_samples(80, 3.2, config, rng)[0] for _ in range(2))
    assert first.tolist() != second.tolist()


def test_scoring_draws_the_same_frames_in_every_process():
    """Defects: seeded by Python's `hash`, which changes between processes; the web app was not seeded at all."""
    code = (
        "from chereme.features import SamplingConfig, clip_samples\n"
        "print([s.tolist() for s in clip_samples(90, 3.0, SamplingConfig(kind='multiple-uniform'))])"
    )
    said = [
        subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True)
        for seed in ("1", "2")
    ]
    here = [s.tolist() for s in clip_samples(90, 3.0, SamplingConfig(kind="multiple-uniform"))]
    assert [run.stdout for run in said] == [f"{here}\n"] * 2


def test_every_choice_with_the_spacing_is_equally_likely():
    rng = np.random.default_rng(0)
    pool = np.array([0, 1, 3, 4, 8])
    drawn = [tuple(draw_spaced(pool, 3, 2, rng).tolist()) for _ in range(3000)]
    possible = {(0, 3, 8), (0, 4, 8), (1, 3, 8), (1, 4, 8)}
    assert set(drawn) == possible
    assert min(drawn.count(choice) for choice in possible) > 650
    assert draw_spaced(pool, 4, 2, rng) is None


@pytest.mark.parametrize("fps", [12, 30, 60])
def test_a_rate_gives_frames_by_the_second_whatever_the_camera(fps):
    """The source's authors: samples of a fixed number lose time; a target rate with variable length keeps it."""
    config = SamplingConfig(kind="rate", per_second=10)
    for seconds in (2, 4):
        (only,) = clip_samples(fps * seconds, float(seconds), config)
        assert len(only) == 10 * seconds
        assert (only[0], only[-1]) == (0, fps * seconds - 1)


def test_probabilities_are_averaged_not_scores():
    logits = np.log(np.array([[[0.9, 0.1], [0.2, 0.8]]], np.float32)) + np.float32([[[5], [-3]]])
    np.testing.assert_allclose(np.exp(average_samples(logits)), [[0.55, 0.45]], rtol=1e-5)
    one = np.array([[[3.0, -1.0]]], np.float32)
    assert average_samples(one).tolist() == [[3.0, -1.0]]


def test_the_surest_way_is_the_one_with_the_likeliest_gloss():
    shares = np.array([[[0.6, 0.4], [0.1, 0.9]], [[0.7, 0.3], [0.35, 0.65]], [[0.5, 0.5], [0.5, 0.5]]], np.float32)
    assert surest(np.log(shares) + np.float32([[[2], [-5]]])).tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "even"}, {"per_second": 0.0}, {"frames": 1}, {"samples": -1}, {"spacing": 0}, {"replacement": 1.0}],
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(RecipeError, match=next(iter(wrong))):
        SamplingConfig(**wrong)
