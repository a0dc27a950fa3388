"""The state of a crawl: done or not, never half."""

import pytest

from chereme.collect import Entry, Visit
from chereme.collect.state import State
from chereme.errors import CollectError

LIST, SIGN = Visit("http://x.test/list", "list"), Visit("http://x.test/1", "sign", {"word": "Sol"})
SOL = Entry("1", "Sol", SIGN.url, "http://x.test/sol.mp4", video_fallback="http://y.test/sol.mp4")


def begin(state: State, refresh: bool = False) -> list[str]:
    state.begin("s", "bzs", [LIST], ["list"], refresh)
    return [visit.url for visit in state.waiting("s")]


def test_a_page_is_done_with_all_that_it_told_of(tmp_path):
    with State(tmp_path) as state:
        assert begin(state) == [LIST.url]
        assert state.finish("s", LIST, [], [SIGN]) == [SIGN]
        assert state.waiting("s") == [SIGN]
    with State(tmp_path) as state:  # stopped and begun again: no list is asked for twice
        assert begin(state) == [SIGN.url]
        assert state.finish("s", SIGN, [SOL], []) == []
        counts = state.counts("s")
        assert (counts.entries, counts.pages, counts.waiting) == (1, 2, 0)


def test_a_crawl_that_breaks_off_within_a_page_keeps_nothing_of_it(tmp_path):
    with State(tmp_path) as state:
        begin(state)

        def entries():
            yield SOL
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            state.finish("s", LIST, entries(), [SIGN])
        assert state.counts("s").entries == 0
        assert state.waiting("s") == [LIST]


def test_the_next_round_looks_at_lists_again_and_sees_what_is_gone(tmp_path):
    other = Visit("http://x.test/2", "sign", {"word": "Lua"})
    with State(tmp_path) as state:
        begin(state)
        state.finish("s", LIST, [], [SIGN, other])
        state.finish("s", SIGN, [SOL], [])
        state.finish("s", other, [Entry("2", "Lua", other.url)], [])
        assert begin(state) == [LIST.url]
        assert state.finish("s", LIST, [], [SIGN]) == []
        assert state.counts("s").gone == 1
        assert {k.entry.word: k.listed for k in state.kept()} == {"Sol": True, "Lua": False}
        assert begin(state, refresh=True) == [LIST.url, SIGN.url, other.url]


def test_failed_pages_are_tried_again_and_dead_ones_not(tmp_path):
    with State(tmp_path) as state:
        begin(state)
        state.finish("s", LIST, [], [SIGN, Visit("http://x.test/gone", "sign")])
        state.fail("s", SIGN, "failed", "answers 500")
        state.fail("s", Visit("http://x.test/gone", "sign"), "dead", "answers 404")
        assert state.errors("s") == [(SIGN.url, "answers 500")]
        assert SIGN.url in begin(state)
        assert "http://x.test/gone" not in begin(state)


def test_a_dead_clip_is_looked_for_elsewhere(tmp_path):
    with State(tmp_path) as state:
        begin(state)
        state.finish("s", LIST, [SOL], [])
        assert list(state.videos_wanted("s", store=True)) == [SOL.video_url]
        state.settle_video("s", SOL.video_url, "dead", error="answers 404")
        assert list(state.videos_wanted("s", store=True)) == [SOL.video_fallback]
        state.settle_video("s", SOL.video_fallback, "alive")
        (kept,) = state.kept()
        assert (kept.status, kept.url) == ("alive", SOL.video_fallback)
        assert list(state.videos_wanted("s", store=False)) == []
        assert state.dead_links() == [("s", SOL.video_url, "answers 404")]


def test_a_clip_whose_file_was_lost_is_wanted_again(tmp_path):
    with State(tmp_path) as state:
        begin(state)
        state.finish("s", LIST, [SOL], [])
        (tmp_path / "sol.mp4").write_bytes(b"film")
        state.settle_video("s", SOL.video_url, "stored", path="sol.mp4")
        assert list(state.videos_wanted("s", store=True)) == []
        (tmp_path / "sol.mp4").unlink()
        assert list(state.videos_wanted("s", store=True)) == [SOL.video_url]


def test_two_crawls_of_one_folder(tmp_path):
    with State(tmp_path) as state:
        begin(state)
        with pytest.raises(CollectError, match="another process collects into this folder"):
            State(tmp_path)


def test_a_file_that_is_no_state(tmp_path):
    (tmp_path / "collect.sqlite").write_text("no database at all, but a text of some length" * 50)
    with pytest.raises(CollectError, match="cannot be read"):
        State(tmp_path)
