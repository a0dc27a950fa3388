"""The benches of `collect` and `curate`, small."""

from chereme.bench import collect_replica, curate


def test_killed_three_times_nothing_is_lost_or_fetched_again():
    result = collect_replica.measure(entries=60)
    assert (result.value, result.details["lost"], result.details["twice"], result.details["entries"]) == (0, 0, 0, 60)
    assert result.n == 60


def test_ours_and_pandas_keep_the_same_words(data):
    result = curate.measure(data, rounds=1)
    assert result.details["words"] == 611
    assert result.ratio > 0
