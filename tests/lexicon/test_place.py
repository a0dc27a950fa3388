"""Many readers and one writer; writers that are killed; the same statements for PostgreSQL."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import ClauseElement, event
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from chereme.errors import LexiconError
from chereme.lexicon import Lexicon, Sign
from chereme.lexicon.rows import as_vector, read_kept
from chereme.lexicon.tables import TABLES

WRITER = """
import sys
import numpy as np
from chereme.lexicon import Lexicon, Sign
from chereme.lexicon.rows import new_entry
from chereme.lexicon.sign import About
from chereme.recognize import Recognizer
from made_up import made_up_signer

place, bundle, first, count, stop = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
with Lexicon.open(place, Recognizer.load(bundle), create=True) as lexicon:
    for number in range(first, first + count):
        clip = made_up_signer(12, np.random.default_rng(number))
        if number == stop:  # in the middle of a transaction
            new = lexicon.embedded(new_entry(Sign(f"g{number}"), clip, About()), clip)
            from chereme.lexicon.rows import insert_entry
            with lexicon.place.writing() as connection:
                insert_entry(connection, new)
                print("half", flush=True)
                sys.stdin.read()
        print(lexicon.add(f"g{number}", clip).id, flush=True)
"""


def writer(place, bundle, first, count, stop=-1):
    command = [sys.executable, "-c", WRITER, str(place), str(bundle), str(first), str(count), str(stop)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)


@pytest.mark.parametrize("stop", [4, -1], ids=["within a transaction", "wherever it is"])
def test_a_writer_that_is_killed_leaves_what_it_reported(stop, small_bundle, encoder, clips, tmp_path):
    with writer(tmp_path / "x.sqlite", small_bundle, 0, 1000, stop) as running:
        reported = [running.stdout.readline().strip() for _ in range(5)]
        running.send_signal(signal.SIGKILL)
        reported += running.stdout.read().split("\n")
    added = [int(line) for line in reported if line.isdigit()]
    assert len(added) >= 4
    assert ("half" in reported) == (stop == 4)
    with Lexicon.open(tmp_path / "x.sqlite", encoder) as lexicon:
        found = {entry.id: entry for entry in lexicon.entries()}
        assert set(added) <= set(found)
        assert len(found) <= len(added) + (stop != 4)  # one may be whole that there was no time to report
        for id, entry in found.items():
            with lexicon.place.reading() as connection:
                kept = read_kept(connection, entry)
            assert set(kept.vectors) == {lexicon.memory.space}
            assert len(lexicon.pose(id)) == 12
        assert {hit.entry for hit in lexicon.search(clips[0], None)} == set(found)
        assert lexicon.add("after", clips[0]).id not in found


def test_readers_read_while_another_process_writes(small_bundle, encoder, clips, tmp_path):
    path = tmp_path / "x.sqlite"
    with Lexicon.open(path, encoder, create=True) as lexicon:
        lexicon.add("first", clips[0])
    stop, seen = threading.Event(), []

    def read():
        """Each search sees all that was reported before it began, and whole."""
        counts = []
        with Lexicon.open(path, encoder) as reader:
            while not stop.is_set():
                counts.append(len(reader.search(clips[0], None)))
        return counts

    with ThreadPoolExecutor(3) as pool, writer(path, small_bundle, 0, 12) as running:
        readers = [pool.submit(read) for _ in range(3)]
        with Lexicon.open(path, encoder) as here:
            seen += [(int(line), {hit.entry for hit in here.search(clips[0], None)}) for line in running.stdout]
        stop.set()
        counts = [reader.result() for reader in readers]
    assert len(seen) == 12
    assert all(id in found for id, found in seen)
    assert all(found == sorted(found) and found[0] >= 1 for found in counts)


def test_two_writers_take_turns(small_bundle, tmp_path):
    """Both begin with a place where there is nothing yet."""
    path = tmp_path / "x.sqlite"
    with writer(path, small_bundle, 0, 15) as one, writer(path, small_bundle, 100, 15) as two:
        ids = sorted(int(line) for running in (one, two) for line in running.stdout)
    assert (one.returncode, two.returncode) == (0, 0)
    assert ids == list(range(1, 31))
    with Lexicon.open(path) as lexicon:
        assert len(lexicon.signs()) == 30


def test_threads_share_one_lexicon(lexicon, clips):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda i: lexicon.add(f"g{i}", clips[i]), range(6)))
        best = list(pool.map(lambda clip: lexicon.search(clip)[0].sign.gloss, clips))
    assert best == [f"g{i}" for i in range(6)]


def test_what_another_removes_is_not_found(lexicon, encoder, clips):
    lexicon.add("casa", clips[0])
    lexicon.add("pai", clips[1])
    assert len(lexicon.search(clips[0])) == 2
    with Lexicon.open(lexicon.place.path, encoder) as other:
        other.remove(Sign("casa"))
        other.add("água", clips[2])
    assert {hit.sign.gloss for hit in lexicon.search(clips[0])} == {"pai", "água"}


def test_what_is_in_memory_is_read_again_only_when_there_is_something_new(lexicon, clips):
    lexicon.add("casa", clips[0])
    before = lexicon.prepare()
    assert lexicon.prepare() is before
    lexicon.add("pai", clips[1])
    after = lexicon.prepare()
    assert len(after) == 2
    assert after.ids[0] == before.ids[0]


def test_a_writer_that_does_not_finish(lexicon, clips, monkeypatch):
    with Lexicon.open(lexicon.place.path, lexicon.encoder) as other:
        monkeypatch.setattr("chereme.lexicon.place.PATIENCE", 0.1)
        with Lexicon.open(lexicon.place.path, lexicon.encoder) as waiting, other.place.writing():
            assert waiting.entries() == []
            with pytest.raises(LexiconError, match=r"another program has been writing for 0\.1 s"):
                waiting.add("casa", clips[0])


def test_an_error_takes_the_whole_transaction_back(lexicon, clips):
    lexicon.add("casa", clips[0])

    def interrupted():
        with lexicon.place.writing() as connection:
            connection.exec_driver_sql("DELETE FROM lexicon_entries")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(lexicon.entries()) == 1


def test_embeddings_go_with_their_entry(lexicon, clips):
    entry = lexicon.add("casa", clips[0])
    lexicon.remove(id=entry.id)
    with lexicon.place.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM lexicon_embeddings").scalar_one() == 0


def test_what_is_kept_is_a_vector_of_length_one():
    with pytest.raises(LexiconError, match="an embedding is damaged"):
        as_vector(b"\0" * 64)
    with pytest.raises(LexiconError, match="an embedding is damaged"):
        as_vector(b"abc")


def test_every_statement_is_one_of_postgresql(lexicon, encoder, clips, other_encoder):
    """No server is here: each statement of a lexicon's life is compiled for it."""
    statements: list[ClauseElement] = []

    def life(opened: Lexicon) -> None:
        event.listen(opened.place.engine, "before_execute", lambda _, clause, *__: statements.append(clause))
        entry = opened.add(Sign("casa", "bzs", "north", "house"), clips[0])
        opened.add("pai", clips[1], keep_pose=False)
        opened.search(clips[0], language="bzs")
        opened.signs("casa", "bzs")
        opened.pose(entry.id)
        with opened.place.reading() as connection:
            read_kept(connection, entry)
        opened.remove(id=entry.id)
        opened.remove(Sign("pai"))

    life(lexicon)
    lexicon.add("casa", clips[0])
    with Lexicon.open(lexicon.place.path, other_encoder) as other:
        event.listen(other.place.engine, "before_execute", lambda _, clause, *__: statements.append(clause))
        other.search(clips[0])
        assert other.remarks == []
    kinds = {type(s).__name__ for s in statements}
    assert {"Select", "Insert", "Update", "Delete"} <= kinds
    texts = [str(s.compile(dialect=postgresql.dialect())) for s in statements if isinstance(s, ClauseElement)]
    for table in TABLES.sorted_tables:
        texts.append(str(CreateTable(table).compile(dialect=postgresql.dialect())))
        texts += [str(CreateIndex(index).compile(dialect=postgresql.dialect())) for index in table.indexes]
    made = " ".join(texts)
    assert "SERIAL" in made
    assert "BYTEA" in made
    assert "DOUBLE PRECISION" in made
    assert "sqlite" not in made.lower()
