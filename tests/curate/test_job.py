"""Sources in, tables out; and the funnel of a real project, as far as rules carry it."""

import csv
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from chereme.curate import CurateConfig, curate, write_curated
from chereme.curate.config import find_curate_recipe
from chereme.curate.criteria import read_words
from chereme.dataset.manifest import read_manifest
from chereme.errors import CollectError
from chereme.recipe import Recipe

HEADER = "source,language,key,word,page_url,signer,category,definition,clip_status,clip_url,clip"


def collection(folder: Path, *lines: str) -> Path:
    folder.mkdir()
    (folder / "entries.csv").write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return folder


def test_collections_become_one_table_with_reasons(tmp_path):
    first = collection(
        tmp_path / "first",
        "ines,bzs,1,ABRIR2,http://x.test,,,Descerrar.,stored,http://x.test/a.mp4,videos/ines/a.mp4",
        "ines,bzs,2,-- SELECIONE --,http://x.test,,,,none,,",
        "ines,bzs,3,FECHAR,http://x.test,,,Cerrar.,dead,http://x.test/f.mp4,",
    )
    second = collection(
        tmp_path / "second",
        "signbank,bzs,1,ABRIR-3,http://y.test,,,,alive,http://y.test/A.mp4,",
        "signbank,bzs,1,ABRIR-3,http://y.test,,,,alive,http://y.test/A.mp4,",
        "ufv,bzs,9,Abrir,http://z.test,,Verbos,,stored,http://z.test/9-mochila.mp4,videos/ufv/m.mp4",
    )
    found = curate([first, second], CurateConfig.from_recipe(Recipe.from_text("[criteria]\nmin_sources = 2")))
    assert found.left_out == {"no word": 1, "the same line twice": 1}
    written = write_curated(found, tmp_path / "out")
    with written[0].open(encoding="utf-8") as file:
        clips = list(csv.DictReader(file))
    told = [(c["source"], c["label"], c["gloss"], c["variant"], c["signer"], c["kept"]) for c in clips]
    assert told == [
        ("ines", "ABRIR2", "abrir", "2", "1", "yes"),
        ("ines", "FECHAR", "fechar", "0", "1", "no"),
        ("signbank", "ABRIR-3", "abrir", "3", "", "yes"),
        ("ufv", "Abrir", "abrir", "0", "1", "no"),
    ]
    assert clips[3]["problem"] == "the clip is named after another word"
    with written[1].open(encoding="utf-8") as file:
        words = {w["gloss"]: w for w in csv.DictReader(file)}
    assert words["abrir"]["labels"] == "ABRIR-3 / ABRIR2 / Abrir"
    assert (words["fechar"]["dropped_by"], words["fechar"]["why"]) == ("dead_count", "no clip of 1 answers")
    assert json.loads(written[2].read_text(encoding="utf-8"))["kept"] == 1
    (clip,) = read_manifest(written[3])
    assert (clip.gloss, clip.path, clip.signer) == ("abrir", "../first/videos/ines/a.mp4", "ines-1")


def test_a_table_of_another_project_with_a_column_that_stands_twice(tmp_path):
    (tmp_path / "theirs.csv").write_text(
        "Palavra,Vídeo,signer_number,extra,signer_number\r\nCASA,http://x.test/1.mp4,2.0,x,9\r\n", encoding="utf-8-sig"
    )
    columns = "{ label = 'Palavra', url = 'Vi\u0301deo', signer = 'signer_number' }"  # accent typed as two characters
    recipe = f"[[sources]]\nname = 'theirs'\nfile = 'theirs.csv'\nlanguage = 'bzs'\ncolumns = {columns}"
    (row,) = curate([tmp_path], CurateConfig.from_recipe(Recipe.from_text(recipe))).rows
    assert (row.gloss, row.signer, row.language, row.status) == ("casa", "2", "bzs", "unchecked")
    with pytest.raises(CollectError, match="no column 'Nome'; it has Palavra"):
        curate([tmp_path], CurateConfig.from_recipe(Recipe.from_text(recipe.replace("Palavra", "Nome"))))
    with pytest.raises(CollectError, match="'word' is none of"):
        curate([tmp_path], CurateConfig.from_recipe(Recipe.from_text(recipe.replace("label =", "word ="))))


def test_a_place_without_tables_says_what_was_looked_for(tmp_path):
    with pytest.raises(CollectError, match=r"none of entries\.csv there"):
        curate([tmp_path])


@pytest.fixture(scope="module")
def scraped(data, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("scraped")
    with tarfile.open(data / "libras_dictionary_metadata" / "metadata.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return next(folder.rglob("interim")).parent


def test_the_funnel_of_a_real_project(scraped):
    """13,911 lines; 243 words after review; 66 that a person picked; 25 with six clips of one sign in four sources."""
    raw, recipe = scraped / "raw", find_curate_recipe("libras-scraped")
    whole = curate([raw], recipe)
    assert whole.funnel()["lines"] == 13_911
    assert whole.funnel()["by_source"] == {"ines": 5776, "signbank": 3084, "ufv": 918, "vlibrasil": 4089}
    three = replace(recipe, sources=tuple(s for s in recipe.sources if s.name != "ufv"))
    assert len(curate([raw], three).kept) == 493  # by rules alone

    chosen = [raw / "selected_video_variants.json"]
    reviewed = replace(three.criteria, reviewed=True)
    found = curate([raw], replace(three, criteria=reviewed), chosen)
    assert found.funnel()["decisions_without_a_clip"] == 0
    assert {w.gloss for w in found.kept} == set(read_words(scraped / "interim" / "word_candidates.txt"))
    assert len(found.kept) == 243

    picked = replace(reviewed, words=("interim/best_candidates.txt",))
    found = curate([raw], replace(three, criteria=picked), chosen, beside=scraped)
    assert (len(found.kept), found.funnel()["kept_clips"]) == (66, 333)

    chosen.append(raw / "combined" / "words_in_all_datasets.json")
    final = replace(recipe, criteria=replace(picked, min_sources=4, min_videos=6, max_videos=6))
    found = curate([raw], final, chosen, beside=scraped)
    assert {w.gloss for w in found.kept} == set(read_words(scraped / "interim" / "target_words.txt"))
    assert found.funnel()["kept_clips"] == 150
