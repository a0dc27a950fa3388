import csv
import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from chereme.cli.compare import command
from chereme.errors import CheremeError
from chereme.evaluate.compare import compare, read_answers, sign_test, write_comparison

COLUMNS = ["id", "signer", "gloss", "answer", "probability", "rank", "unknown"]


def report(folder: Path, right: list[bool], signers: int = 1, names: list[str] | None = None, ranks=None) -> Path:
    """answers.csv of clips under two glosses in turn, answered rightly or not."""
    folder.mkdir(parents=True)
    rows = []
    for n, hit in enumerate(right):
        gloss, other = ("casa", "pai") if n % 2 else ("pai", "casa")
        rank = ranks[n] if ranks else (1 if hit else 2)
        rows.append(
            [names[n] if names else f"clip{n}", f"s{n % signers}", gloss, gloss if hit else other, 0.9, rank, ""]
        )
    with (folder / "answers.csv").open("w", newline="") as out:
        csv.writer(out).writerows([COLUMNS, *rows])
    return folder


def compared(*runs: Path):
    return compare([read_answers(run) for run in runs])


def test_a_difference_is_paired(tmp_path):
    """Both fail on the same hard clips; unpaired intervals would overlap by far."""
    hard = [n % 2 == 0 for n in range(100)]
    best = [easy or n < 20 for n, easy in enumerate(hard)]
    found = compared(report(tmp_path / "worse", hard), report(tmp_path / "better", best))
    assert [(r.run, r.top1) for r in found.runs] == [("better", 0.6), ("worse", 0.5)]
    better, worse = found.runs
    assert better.top1_ci95.low <= worse.top1 < better.top1 <= worse.top1_ci95.high
    (pair,) = found.pairs
    assert (pair.run, pair.other, pair.only_run, pair.only_other) == ("better", "worse", 10, 0)
    assert pair.difference == pytest.approx(0.1)
    assert 0.03 < pair.ci95.low < 0.1 < pair.ci95.high < 0.18
    assert pair.sign_test == pytest.approx(2 / 2**10)
    assert pair.told_apart
    assert "better is better than worse: +0.100" in found.as_text()


def test_few_clips_that_differ_tell_nothing(tmp_path):
    """Five clips of forty for one run and none for the other: the bootstrap alone would call that certain."""
    runs = report(tmp_path / "a", [True] * 40), report(tmp_path / "b", [n >= 5 for n in range(40)])
    (pair,) = compared(*runs).pairs
    assert pair.ci95.low > 0
    assert pair.sign_test == pytest.approx(2 / 2**5)
    assert not pair.told_apart
    assert "a and b cannot be told apart" in compared(*runs).as_text()


def test_equal_runs_cannot_be_told_apart(tmp_path):
    right = [n % 3 == 0 for n in range(60)]
    found = compared(report(tmp_path / "a", right), report(tmp_path / "b", right))
    (pair,) = found.pairs
    assert (pair.difference, pair.ci95.low, pair.ci95.high, pair.sign_test) == (0, 0, 0, 1)
    assert not pair.told_apart


def test_signers_are_drawn_where_there_are_eight(tmp_path):
    """One signer makes all the difference: by clips it is certain, by signers it is not."""
    signers = 8
    one = [n % signers != 0 for n in range(160)]
    runs = report(tmp_path / "a", [True] * 160, signers), report(tmp_path / "b", one, signers)
    found = compared(*runs)
    assert found.resampled == "signers"
    assert not found.pairs[0].told_apart
    as_clips = compared(report(tmp_path / "c", [True] * 160, 7), report(tmp_path / "d", one, 7))
    assert as_clips.resampled == "clips"
    assert as_clips.pairs[0].told_apart


def test_many_pairs_need_more(tmp_path):
    """Twelve clips to two: enough for one pair, not when fifteen pairs are looked at."""
    first = [True] * 12 + [False] * 2 + [True] * 86
    second = [False] * 12 + [True] * 2 + [True] * 86
    two = report(tmp_path / "a", first), report(tmp_path / "b", second)
    assert compared(*two).pairs[0].told_apart
    more = [report(tmp_path / f"r{n}", [n <= k for k in range(100)]) for n in range(4)]
    among = compared(*two, *more)
    assert len(among.pairs) == 15
    (pair,) = [p for p in among.pairs if {p.run, p.other} == {"a", "b"}]
    assert not pair.told_apart
    assert "15 pairs being looked at" in among.as_text()


def test_top5_and_macro_f1_count_every_gloss_and_clips_without_answer(tmp_path):
    """Defect: scores that leave out a class which no answer names."""
    folder = report(tmp_path / "a", [True, False, False, False], ranks=[1, 5, 6, 2])
    rows = (folder / "answers.csv").read_text().splitlines()
    rows[4] = "clip3,s0,casa,,,,"
    (folder / "answers.csv").write_text("\n".join(rows))
    found = compared(folder, report(tmp_path / "b", [False] * 4))
    (row,) = [r for r in found.runs if r.run == "a"]
    assert (row.top1, row.top5) == (0.25, 0.5)
    # pai: clips 0, 2, answered pai, casa; casa: clips 1, 3, answered pai, nothing. F1 of pai 2/(2+2), of casa 0
    assert row.macro_f1 == pytest.approx(0.25)


def test_sign_test_by_hand():
    assert sign_test(0, 0) == 1
    assert sign_test(1, 1) == 1
    assert sign_test(4, 0) == sign_test(0, 4) == pytest.approx(2 / 16)
    assert sign_test(4, 1) == pytest.approx(2 * (5 + 1) / 32)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        pytest.param(["clip0", "clip1", "clip9"], r"1 only in a \(as clip2\); 1 only in b \(as clip9\)", id="others"),
        pytest.param(["clip0", "clip1", "clip1"], "clip clip1 stands in it twice", id="one twice"),
        pytest.param(["clip1", "clip0", "clip2"], "clip clip0 is 'pai' in a and 'casa' in b: other data", id="truth"),
    ],
)
def test_runs_on_different_clips_are_refused(tmp_path, names, message):
    one = report(tmp_path / "a", [True] * 3)
    with pytest.raises(CheremeError, match=message):
        compared(one, report(tmp_path / "b", [True] * 3, names=names))


def test_what_is_no_run(tmp_path):
    (tmp_path / "run" / "bundle").mkdir(parents=True)
    with pytest.raises(CheremeError, match=r"no answers\.csv in it; score it first: chereme evaluate .*run/bundle"):
        read_answers(tmp_path / "run")
    for text, message in (
        ("a,b\n1,2\n", "not written by `chereme evaluate`"),
        ("id,signer,gloss,answer,rank\n", "no clips in it"),
        ("id,signer,gloss,answer,rank\nx,,a,a,first\n", "cannot be read"),
    ):
        (tmp_path / "run" / "answers.csv").write_text(text)
        with pytest.raises(CheremeError, match=message):
            read_answers(tmp_path / "run")
    one = report(tmp_path / "a", [True])
    with pytest.raises(CheremeError, match="named twice"):
        compared(one, one)


def test_names_are_told_apart_by_their_paths(tmp_path):
    runs = [report(tmp_path / f"{run}" / "report", [run == "x"] * 9) for run in "xy"]
    assert [r.run for r in compared(*runs).runs] == ["x/report", "y/report"]
    assert [r.run for r in compared(tmp_path / "x", tmp_path / "y").runs] == ["x", "y"]  # the run folders themselves


def test_order_of_rows_does_not_matter(tmp_path):
    one = report(tmp_path / "a", [True, False, True, True])
    other = report(tmp_path / "b", [True, True, False, True])
    head, *rows = (other / "answers.csv").read_text().splitlines()
    before = compared(one, other)
    (other / "answers.csv").write_text("\n".join([head, *rows[::-1]]))
    assert compared(one, other) == before


def test_tables_and_plots_are_written_whole(tmp_path):
    runs = [report(tmp_path / name, [(n * k) % 5 > 0 for n in range(50)]) for k, name in enumerate(("a", "b", "c"))]
    found = compared(*runs)
    write_comparison(found, tmp_path / "out")
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {
        "comparison.json", "comparison.txt", "runs.csv", "pairs.csv", "runs.png", "differences.png",
    }  # fmt: skip
    kept = json.loads((tmp_path / "out" / "comparison.json").read_text())
    in_order = [run.run for run in found.runs]
    assert [(p["run"], p["other"]) for p in kept["pairs"]] == list(itertools.combinations(in_order, 2))
    with (tmp_path / "out" / "runs.csv").open(newline="") as file:
        assert [float(row["top1"]) for row in csv.DictReader(file)] == [r.top1 for r in found.runs]
    write_comparison(found, tmp_path / "out")
    with pytest.raises(CheremeError, match="is no comparison"):
        write_comparison(found, tmp_path / "a")


def test_the_verb(tmp_path):
    runs = [str(report(tmp_path / name, [n % k > 0 for n in range(40)])) for name, k in (("a", 2), ("b", 40))]
    shown = CliRunner().invoke(command, [*runs, "-o", str(tmp_path / "out")], catch_exceptions=False)
    assert "b is better than a" in shown.stdout
    assert f"tables and plots: {tmp_path / 'out'}" in shown.stdout
    answer = json.loads(CliRunner().invoke(command, [*runs, "--json"], catch_exceptions=False).stdout)
    assert [run["run"] for run in answer["runs"]] == ["b", "a"]
    assert answer["pairs"][0]["told_apart"] is True
    assert CliRunner().invoke(command, runs[:1]).exit_code == 2


def test_the_same_answers_give_the_same_intervals(tmp_path):
    rng = np.random.default_rng(0)
    runs = [report(tmp_path / name, (rng.random(80) < 0.6).tolist(), 10) for name in "ab"]
    assert compared(*runs) == compared(*runs)
