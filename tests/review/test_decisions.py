"""What people decided: kept through a crash, kept apart, brought together, compared, written as tables."""

import csv
import math
import os
import signal
import sqlite3
import subprocess
import sys
import threading

import pytest
from sklearn.metrics import cohen_kappa_score

from chereme.curate import curate
from chereme.dataset.manifest import read_manifest
from chereme.errors import ReviewError
from chereme.review import Decision, Decisions, agreements, outcomes, write_decisions, write_kept
from chereme.review.agreement import kappa


def decide(decisions, name, clips, *verdicts):
    with decisions.present(name) as kept:
        for clip, said in zip(clips, verdicts, strict=False):
            decisions.add(clip, kept, said if isinstance(said, Decision) else Decision(said, "B" * (said == "variant")))
    return decisions


def test_the_newest_line_counts_and_none_is_lost(decisions, clips):
    decide(decisions, "Ana", clips, "accept", Decision("reject", start=0.1, end=0.5))
    decide(decisions, "Ana", clips, Decision("accept", mirrored=True))
    mine = Decisions(decisions.path).of("Ana")
    assert mine[clips[0].key].mirrored
    assert (mine[clips[1].key].verdict, mine[clips[1].key].start, mine[clips[1].key].end) == ("reject", 0.1, 0.5)
    history = decisions.history(clips[0].key)
    assert [(d.reviewer, d.mirrored) for d in history] == [("Ana", False), ("Ana", True)]
    assert history[0].at <= history[1].at
    decide(decisions, "Ana", clips, "")
    assert decisions.reviewers() == {"Ana": 1}


def test_a_kill_in_the_middle_loses_nothing_that_was_answered(decisions, clips):
    """A process that decides without end is killed; all that it had been told is kept is there."""
    code = (
        "import sys\n"
        "from chereme.review import Decision, Decisions, ReviewClip\n"
        f"decisions = Decisions({str(decisions.path)!r})\n"
        "with decisions.present('Ana') as name:\n"
        "    for i in range(10**6):\n"
        "        decisions.add(ReviewClip(f'clip{i}', 'casa'), name, Decision('accept'))\n"
        "        print(i, flush=True)\n"
    )
    run = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    told = [int(run.stdout.readline()) for _ in range(25)]
    os.kill(run.pid, signal.SIGKILL)
    told += [int(line) for line in run.stdout.read().split()]
    run.stdout.close()
    run.wait()
    kept = Decisions(decisions.path).of("Ana")
    assert {f"clip{i}" for i in told} <= kept.keys()
    assert len(kept) <= len(told) + 1
    with decisions.present("Ana"):  # and the name is free again
        pass


def test_several_people_work_in_one_file_at_once(decisions, clips):
    def work(name):
        with decisions.present(name):
            for _ in range(10):
                for clip in clips:
                    decisions.add(clip, name, Decision("accept"))

    threads = [threading.Thread(target=work, args=(name,)) for name in ("Ana", "Bia", "Caio")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert decisions.reviewers() == {"Ana": 4, "Bia": 4, "Caio": 4}
    assert len(decisions.history(clips[0].key)) == 30


def test_a_name_belongs_to_one_person_at_a_time(decisions):
    with (
        decisions.present(" Ana  Luz ") as name,
        pytest.raises(ReviewError, match="at work in another window"),
        decisions.present("Ana Luz"),
    ):
        pass
    assert name == "Ana Luz"
    with pytest.raises(ReviewError, match="'Ana Luz' reviews here already"), decisions.present("ana luz"):
        pass
    with pytest.raises(ReviewError, match="--reviewer"), decisions.present("  "):
        pass


@pytest.mark.parametrize(
    ("said", "message"),
    [
        pytest.param({"verdict": "perhaps"}, "can be accept, reject, variant", id="no such verdict"),
        pytest.param({"verdict": "variant"}, "which other sign", id="which variant"),
        pytest.param({"verdict": "accept", "start": 2.0, "end": 1.0}, "cannot last from 2.0 to 1.0", id="end first"),
        pytest.param({"verdict": "accept", "start": float("nan")}, "cannot last", id="no number"),
    ],
)
def test_what_makes_no_sense(said, message):
    with pytest.raises(ReviewError, match=message):
        Decision(**said)


def test_a_file_that_is_something_else(tmp_path):
    with sqlite3.connect(tmp_path / "other.sqlite") as db:
        db.execute("CREATE TABLE things (a)")
    db.close()
    with pytest.raises(ReviewError, match="not decisions of this chereme"):
        Decisions(tmp_path / "other.sqlite")
    (tmp_path / "text.sqlite").write_text("no database at all, whatever its name says" * 20)
    with pytest.raises(ReviewError, match="cannot be used"):
        Decisions(tmp_path / "text.sqlite")
    with pytest.raises(ReviewError, match="`chereme review` begins them, or check the path"):
        Decisions(tmp_path / "nothing.sqlite")


def test_merging(decisions, clips, tmp_path):
    decide(decisions, "Ana", clips, "accept", "accept")
    bia = decide(Decisions(tmp_path / "bia.sqlite", create=True), "Bia", clips, "accept", "reject")
    assert decisions.merge(bia) == 2
    assert decisions.merge(bia) == 0
    decide(bia, "Bia", clips[2:], "accept")
    assert decisions.merge(bia) == 1
    assert decisions.reviewers() == {"Ana": 2, "Bia": 3}


def test_two_people_of_one_name_are_not_taken_for_one(decisions, clips, tmp_path):
    decide(decisions, "Ana", clips, "accept")
    other = decide(Decisions(tmp_path / "other.sqlite", create=True), "ana", clips, "reject", "reject")
    with pytest.raises(ReviewError, match="--rename ana=ANOTHER"):
        decisions.merge(other)
    assert decisions.reviewers() == {"Ana": 1}
    assert decisions.merge(other, {"ana": "Ana B."}) == 2
    assert decisions.merge(other) == 0  # who that is, is known now
    assert decisions.reviewers() == {"Ana": 1, "Ana B.": 2}
    second = Decisions(tmp_path / "second.sqlite", create=True)
    decide(second, "Ana", clips, "accept")
    assert second.merge(decisions, {"Ana B.": "B"}, same=["Ana"]) == 3
    assert second.reviewers() == {"Ana": 1, "B": 2}


def test_kappa_is_that_of_scikit_learn(rng):
    verdicts = ["accept", "reject", "variant"]
    for weights in ([0.8, 0.1, 0.1], [1 / 3] * 3):
        first, second = rng.choice(verdicts, 200, p=weights), rng.choice(verdicts, 200, p=weights)
        second = [a if keep else b for a, b, keep in zip(first, second, rng.random(200) < 0.6, strict=True)]
        assert math.isclose(kappa(list(zip(first, second, strict=True))), cohen_kappa_score(first, second))
    assert math.isnan(kappa([]))
    assert math.isnan(kappa([("accept", "accept")] * 3))


def test_agreement_counts_clips_that_both_decided(decisions, clips):
    decide(decisions, "Ana", clips, "accept", "reject", "accept")
    decide(decisions, "Bia", clips, "accept", "accept", "", "accept")
    (found,) = agreements(decisions)
    assert (found.reviewers, found.clips, found.agreed, found.kappa) == (("Ana", "Bia"), 2, 0.5, 0.0)
    assert found.differ == ((clips[1].key, "reject", "accept"),)
    assert found.as_json()["kappa"] == 0.0


def test_what_the_most_say_counts(decisions, clips):
    decide(decisions, "Ana", clips, Decision("accept", mirrored=True, start=0.2), "reject", "variant")
    decide(decisions, "Bia", clips, Decision("accept", mirrored=True, start=0.4, end=0.9), "accept", "variant")
    decide(decisions, "Caio", clips, "reject", "")
    first, second, third = outcomes(decisions)
    assert first.decision == Decision("accept", "", True, 0.3, 0.9)
    assert second.decision.verdict == ""
    assert second.votes == {"Ana": "reject", "Bia": "accept"}
    assert (third.decision.verdict, third.decision.other) == ("variant", "B")
    assert outcomes(decisions, ["Caio"])[0].decision.verdict == "reject"
    with pytest.raises(ReviewError, match="nobody is called 'Dora'"):
        outcomes(decisions, ["Dora"])


def test_curate_reads_what_a_review_decided(decisions, films, tmp_path):
    """From the collection to the page and back: what was accepted stays, with its stretch."""
    from chereme.curate import write_curated
    from chereme.review import read_clips

    collected = tmp_path / "collected"
    collected.mkdir()
    (collected / "videos").symlink_to(films / "videos")
    (collected / "entries.csv").write_text(
        "source,key,word,clip_url,clip,clip_status\n"
        "ines,1,CASA,http://a/casa,videos/ines/casa.mp4,stored\n"
        "ines,2,CASA2,http://a/casa,videos/ines/pai.mp4,stored\n"
        "vlibrasil,1,Casa,http://b/casa,videos/ufv/casa.mp4,stored\n"
    )
    write_curated(curate([collected]), tmp_path / "curated")
    clips = read_clips(tmp_path / "curated", [collected])
    assert [(c.source, c.variant) for c in clips] == [("ines", "0"), ("ines", "2"), ("vlibrasil", "0")]
    decide(decisions, "Ana", clips, Decision("accept", mirrored=True, start=0.1, end=0.6), "variant", "reject")
    assert write_decisions(outcomes(decisions), tmp_path / "chosen.csv") == 3
    with (tmp_path / "chosen.csv").open(encoding="utf-8") as lines:
        assert [row["decision"] for row in csv.DictReader(lines)] == ["keep", "drop", "drop"]
    found = curate([collected], decisions=[tmp_path / "chosen.csv"])
    assert found.idle == 0
    assert [(row.chosen, bool(row.mirrored)) for row in found.rows] == [
        ("keep", True),
        ("drop", False),
        ("drop", False),
    ]
    write_curated(found, tmp_path / "again")
    assert [(row.start, row.end) for row in read_clips(tmp_path / "again", [collected])] == [
        (0.1, 0.6),
        *[(None, None)] * 2,
    ]
    write_decisions(outcomes(decisions), tmp_path / "all.csv", keep_variants=True)
    kept = curate([collected], decisions=[tmp_path / "all.csv"])
    assert [row.chosen for row in kept.rows] == ["keep", "keep", "drop"]


def test_accepted_clips_as_a_manifest(decisions, clips, tmp_path):
    decide(decisions, "Ana", clips, Decision("accept", mirrored=True, start=0.1, end=0.6), "reject", "accept", "accept")
    count, mirrored = write_kept(outcomes(decisions), clips, tmp_path / "out" / "kept.csv")
    kept = read_manifest(tmp_path / "out" / "kept.csv")
    assert (count, [clip.gloss for clip in kept]) == (2, ["casa", "pai"])  # the third is not here
    assert (kept[0].start, kept[0].end, kept[0].path) == (0.1, 0.6, mirrored[0])
    assert (tmp_path / "out" / kept[0].path).resolve() == clips[0].film
    with pytest.raises(ReviewError, match="no accepted clip"):
        write_kept([], clips, tmp_path / "none.csv")
