"""Which words stay, and what is said of the others."""

import pytest

from chereme.curate.config import Criteria, CurateConfig, SourceConfig, find_curate_recipe, list_path
from chereme.curate.criteria import judge, read_words
from chereme.curate.decisions import apply_decisions, read_decisions
from chereme.curate.labels import gloss_of
from chereme.curate.rows import Row
from chereme.curate.senses import tell_senses
from chereme.errors import CollectError, RecipeError
from chereme.recipe import Recipe


def row(source: str, word: str, variant: str = "0", signer: str = "1", **more: str) -> Row:
    url = more.pop("url", f"http://x.test/{source}/{word}{variant}{signer}.mp4")
    return Row(source, word.upper(), word, variant, signer=signer, url=url, **more)


SOL = [row("a", "sol"), row("b", "sol", "1"), row("b", "sol", "2"), *(row("c", "sol", signer=s) for s in "123")]


def reasons(rows: list[Row], **criteria) -> dict[str, tuple[str, str]]:
    return {word.gloss: (word.dropped_by, word.why) for word in judge(rows, Criteria(**criteria))}


@pytest.mark.parametrize(
    ("criteria", "dropped_by", "why"),
    [
        ({}, "", ""),
        ({"min_sources": 3, "min_videos": 6, "max_videos": 6}, "", ""),
        ({"min_sources": 4}, "min_sources", "in 3 of 4 sources: a, b, c"),
        ({"min_videos": 7}, "min_videos", "6 of 7 clips"),
        ({"max_videos": 5}, "max_videos", "6 clips, 5 at most"),
        ({"variants": "one", "min_videos": 6}, "min_videos", "5 of 6 clips"),
        ({"reviewed": True}, "reviewed", "none of 6 clips was chosen by a person"),
        ({"words": ("healthcare",)}, "words", "in none of the lists of words"),
    ],
)
def test_each_criterion_names_itself(criteria, dropped_by, why):
    assert reasons(SOL, **criteria)["sol"] == (dropped_by, why)


def test_dead_clips_problems_and_copies_do_not_count_unless_they_may():
    dead = [row("a", "lua", status="dead"), row("b", "lua", status="dead")]
    assert reasons(dead)["lua"] == ("dead_count", "no clip of 2 answers")
    assert reasons(dead, dead_count=True)["lua"] == ("", "")
    poor = [row("a", "mar", problem="people: 2 in view"), row("b", "mar", copy_of="x.mp4")]
    assert reasons(poor)["mar"] == ("problems_count", "all 2 clips have a problem, as: people: 2 in view")
    assert reasons(poor, problems_count=True)["mar"] == ("", "")


def test_homographs_wait_for_a_person():
    rows = [
        row("a", "manga", "1", definition="Fruta da mangueira."),
        row("a", "manga", "2", definition="Parte da roupa que cobre o braço."),
        row("a", "manga", "3", definition="fruta da mangueira"),
        row("b", "manga"),
        row("a", "sol", definition="Estrela."),
        row("b", "sol"),
    ]
    tell_senses(rows)
    assert [r.sense for r in rows] == ["1", "2", "1", "", "1", "1"]
    assert reasons(rows, homographs="drop")["manga"] == ("homographs", "2 meanings, and nobody chose one")
    assert reasons(rows, homographs="drop")["sol"] == ("", "")
    (manga, _) = judge(rows, Criteria())
    assert (manga.senses, manga.variants, manga.sources) == (2, 3, ("a", "b"))


def test_decisions_choose_among_the_signs_of_a_source(tmp_path):
    rows = [row("ines", "manga", "1"), row("ines", "manga", "2"), row("vlibrasil", "manga", signer="3")]
    rows += [row("vlibrasil", "manga", signer="1"), row("ufv", "manga")]
    table = tmp_path / "chosen.csv"
    table.write_text("source,gloss,variant,signer,decision\nINES,Manga,2,,\nV-Librasil,manga,,1,drop\nufv,uva,,,\n")
    idle = apply_decisions(rows, read_decisions(table))
    assert [r.chosen for r in rows] == ["drop", "keep", "", "drop", ""]
    assert [(d.source, d.gloss) for d in idle] == [("ufv", "uva")]
    assert reasons(rows, reviewed=True, min_videos=2)["manga"] == ("min_videos", "1 of 2 clips")
    assert reasons(rows, min_videos=3)["manga"] == ("", "")  # chosen, and not decided on


def test_decisions_of_an_older_review(tmp_path):
    rows = [row("ines", "pé", "0"), row("vlibrasil", "pé", signer="2"), row("ufv", "pé")]
    file = tmp_path / "chosen.json"
    file.write_text(
        '[{"dataset": "INES", "word": "pé", "chosen_video": 0}, {"dataset": "UFV", "word": "pé", "video_match": true},'
        ' {"dataset": "V-LIBRASIL", "word": "pé", "chosen_video": 2}]'
    )
    assert apply_decisions(rows, read_decisions(file)) == []
    assert [r.chosen for r in rows] == ["keep", "keep", "keep"]


@pytest.mark.parametrize("text", ["[1]", "{", "source\nx\n"])
def test_files_that_are_no_decisions(tmp_path, text):
    file = tmp_path / ("x.json" if text[0] in "[{" else "x.csv")
    file.write_text(text)
    with pytest.raises(CollectError, match="no decisions that can be read"):
        read_decisions(file)


def test_lists_of_words(tmp_path):
    (tmp_path / "mine.txt").write_text("Pé: foot\n# a remark\n\nGuarda-chuva\n", encoding="utf-8")
    assert read_words(tmp_path / "mine.txt") == ["pé", "guarda_chuva"]
    assert list_path("mine.txt", tmp_path) == tmp_path / "mine.txt"
    with pytest.raises(RecipeError, match=r"no such list of words.*healthcare"):
        list_path("helthcare", tmp_path)
    healthcare = read_words(list_path("healthcare", None))
    assert len(healthcare) == len(set(healthcare)) > 150
    assert {"dor", "remédio", "ajudar"} <= set(healthcare)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[criteria]\nmin_source = 2", "did you mean 'min_sources'"),
        ("[criteria]\nmin_videos = 0", "at least 1"),
        ("[criteria]\nvariants = 'some'", "all or one"),
        ("[[sources]]\nname = 'x'\nnumbers = 'roman'", "digits, dash"),
        ("[sources]\nname = 'x'", "write each source as"),
        ("[criterion]\n", "did you mean 'criteria'"),
    ],
)
def test_a_recipe_with_a_mistake_says_which(text, says):
    with pytest.raises(RecipeError, match=says):
        CurateConfig.from_recipe(Recipe.from_text(text))


def test_recipes_that_ship_are_valid_and_others_are_named():
    assert find_curate_recipe("libras").criteria.words == ("healthcare",)
    assert [s.name for s in find_curate_recipe("libras-scraped").sources] == ["ines", "signbank", "ufv", "vlibrasil"]
    assert find_curate_recipe(None) == CurateConfig()
    with pytest.raises(RecipeError, match="libras, libras-scraped"):
        find_curate_recipe("libra")


def test_what_is_known_of_a_site_holds_unless_the_recipe_differs():
    changed = CurateConfig.from_recipe(Recipe.from_text("[[sources]]\nname = 'signbank'\nnames = ['TREM-7']"))
    assert changed.source("signbank") == SourceConfig("signbank", numbers="dash", unnumbered="1", names=("TREM-7",))
    assert gloss_of("TREM-7") == "trem_7"
