"""Whole crawls of replica sites on localhost, each in a process of its own. No other host is ever asked."""

import csv
import json
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from chereme.bench.replica import Answer, Replica, served
from chereme.bench.replica_pages import UfvWord, html, ines, signbank, ufv, vlibrasil

WORDS = {1: "Água", 2: "À toa", 3: "Bolo", 4: "Casa", 5: "Pé"}


def command(site: str, replica: Replica, folder: Path, *more: str) -> list[str]:
    quick = ["--contact", "crawl@example.org", "--delay", "0", "--backoff", "0.1", "--json"]
    return [
        sys.executable,
        "-m",
        "chereme",
        "collect",
        site,
        "-o",
        str(folder),
        "--root",
        replica.address,
        *quick,
        *more,
    ]


def crawl(site: str, replica: Replica, folder: Path, *more: str, code: int = 0) -> dict[str, Any]:
    run = subprocess.run(command(site, replica, folder, *more), capture_output=True, text=True, timeout=60)
    assert run.returncode == code, run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    (answer,) = json.loads(run.stdout)
    return answer


def entries(folder: Path) -> list[dict[str, str]]:
    with (folder / "entries.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_metadata_first_then_clips_then_only_what_is_new(tmp_path):
    words = dict(WORDS)
    pages = vlibrasil(words, signers=lambda sign: "31" if sign == 2 else "312")
    with served(pages, robots="User-agent: *\nDisallow: /private\n") as replica:
        first = crawl("vlibrasil", replica, tmp_path)
        assert (first["entries"], first["new"], first["stored"]) == (14, 14, 0)
        assert not any("videos" in path for _, _, path in replica.asked)
        assert replica.twice() == []
        assert all("chereme/" in a and "crawl@example.org" in a for a in replica.agents)

        stored = crawl("vlibrasil", replica, tmp_path, "--videos")
        assert (stored["new"], stored["stored"], stored["dead_links"]) == (0, 14, 0)
        rows = entries(tmp_path)
        assert {(r["word"], r["signer"]) for r in rows} >= {("À toa", "1"), ("À toa", "3"), ("Bolo", "2")}
        assert all((tmp_path / r["clip"]).is_file() and len(r["sha256"]) == 64 for r in rows)
        from chereme.dataset.manifest import read_manifest

        assert {c.gloss for c in read_manifest(tmp_path / "manifest.csv")} == set(WORDS.values())

        words[6] = "Novo"
        del words[5]
        asked = len(replica.asked)
        again = crawl("vlibrasil", replica, tmp_path, "--videos")
        assert (again["new"], again["gone"], again["stored"]) == (3, 3, 17)
        since = [path for _, _, path in replica.asked[asked:] if "sign/" in path or "videos" in path]
        assert [path for path in since if "sign/" in path] == ["/sign/6"]
        assert len(since) == 4  # one new page, its three clips


def test_slow_failing_and_forbidden_pages(tmp_path):
    with served(vlibrasil(WORDS), robots="User-agent: *\nDisallow: /sign/4\n") as replica:
        replica.special = {
            "/sign/1": [Answer("busy", 503, headers={"Retry-After": "1"}), Answer("oops", 500)],
            "/sign/2": [Answer("oops", 500)] * 9,
            "/sign/3": [Answer("too late", after=2.5)] * 9,
            "/sign/5": [Answer("gone", 410)],
        }
        found = crawl("vlibrasil", replica, tmp_path, "--tries", "3", "--timeout", "1", code=1)
        assert {e["url"].removeprefix(replica.address): e["error"] for e in found["errors"]}.keys() == {
            "sign/2",
            "sign/3",
        }
        assert (found["entries"], found["failed"], found["dead"]) == (3, 2, 2)  # 410, and robots.txt
        assert replica.count("/sign/2") == replica.count("/sign/3") == 3
        assert replica.count("/sign/4") == 0
        times = [at for at, _, path in replica.asked if path == "/sign/1"]
        assert times[1] - times[0] >= 1.0  # as it asked
        assert times[2] - times[1] >= 0.2  # twice the first pause
        with (tmp_path / "dead.csv").open(encoding="utf-8") as file:
            why = {row["url"].rsplit("/", 1)[1]: row["why"] for row in csv.DictReader(file)}
        assert why["4"] == "refused: robots.txt forbids it"
        assert why["5"] == "dead: answers 410"
        replica.special = {}
        assert crawl("vlibrasil", replica, tmp_path)["entries"] == 9  # what failed is tried again, what is dead not


def test_requests_keep_the_time_that_robots_txt_asks_for(tmp_path):
    with served(vlibrasil({1: "Água", 2: "Bolo"}), robots="User-agent: *\nCrawl-delay: 0.6\n") as replica:
        crawl("vlibrasil", replica, tmp_path)
        times = [at for at, _, path in replica.asked if path != "/robots.txt"]
        assert len(times) == 4
        assert min(b - a for a, b in pairwise(times[1:])) > 0.5


def test_changed_markup_is_an_error_that_names_the_selector(tmp_path):
    with served(vlibrasil(WORDS)) as replica:
        replica.special = {"/sign/2": [Answer(html("<main>new design</main>"))]}
        run = subprocess.run(
            [w for w in command("vlibrasil", replica, tmp_path) if w != "--json"], capture_output=True, text=True
        )
        assert run.returncode == 1
        assert f"{replica.address}sign/2: nothing matches 'section.page-section" in run.stderr
        assert "parse_sign" in run.stderr
        assert len(entries(tmp_path)) == 12  # the others went on
        assert crawl("vlibrasil", replica, tmp_path)["entries"] == 15


def test_ufv_dead_and_missing_clips(tmp_path):
    words = [
        UfvWord("Cogumelo", ("Alimentos", "Natureza"), "12-cogumelo.mp4"),
        UfvWord("Céu", ("Natureza",), video="", gloss=""),
        *(UfvWord(f"Palavra {n}", ("Natureza",), f"{n}-palavra.mp4") for n in range(5)),
    ]
    with served(ufv(words)) as replica:
        replica.special = {"/wp-content/uploads/2018/05/2-palavra.mp4": [Answer("<p>Não encontrado</p>")] * 2}
        found = crawl("ufv", replica, tmp_path, "--check-links")
        assert (found["entries"], found["alive"], found["dead_links"]) == (7, 5, 2)
        rows = {r["word"]: r for r in entries(tmp_path)}
        assert rows["Cogumelo"]["category"] == "Alimentos; Natureza"
        assert (rows["Céu"]["clip_status"], rows["Céu"]["example_gloss"]) == ("none", "")
        assert rows["Palavra 2"]["error"] == "answers text/html, no video"
        assert not {"PREVIOUS", "NEXT"} & rows.keys()
        assert all(method == "HEAD" for _, method, path in replica.asked if path.endswith(".mp4"))


def test_signbank_dead_host_falls_back(tmp_path):
    labels = {"a": ["ÁGUA", "ABRIR", "ABRIR-2", "AVÔ", "AZUL"], "b": ["BOLO-2", "BARCO"], "f": ["FOLHA"]}
    with served(signbank(labels, per_page=2)) as replica:
        found = crawl("signbank", replica, tmp_path, "--videos")
        assert (found["entries"], found["stored"], found["failed"]) == (8, 8, 0)
        rows = {r["word"]: r for r in entries(tmp_path)}
        assert rows["BARCO"]["clip_url"].endswith("/SignBank/V%C3%ADdeos/BARCO.mp4")
        assert rows["FOLHA"]["clip_url"].endswith("FOLHA.mp4")
        assert rows["BOLO-2"]["clip"].endswith(".mov")


def test_a_source_of_ones_own(tmp_path):
    """The class in docs/collect.md, as it stands there."""
    page = (Path(__file__).parents[2] / "docs" / "collect.md").read_text(encoding="utf-8")
    code = next(block for block in page.split("```python\n")[1:] if "(Site)" in block).partition("```")[0]
    (tmp_path / "cards.py").write_text(code, encoding="utf-8")

    def pages(replica: Replica, path: str, query: dict[str, str]) -> Answer | None:
        if path != "/":
            return None
        return Answer(html('<article><h2>Hola</h2><video src="hola.mp4"></video></article>'))

    with served(pages) as replica:
        run = subprocess.run(
            command("cards:Cards", replica, tmp_path / "out"), capture_output=True, text=True, cwd=tmp_path
        )
        assert run.returncode == 0, run.stderr
        (row,) = entries(tmp_path / "out")
        assert (row["word"], row["video_url"]) == ("Hola", f"{replica.address}hola.mp4")


needs_browser = pytest.mark.skipif(
    not any(map(shutil.which, [os.environ.get("CHEREME_BROWSER", "chromium"), "google-chrome", "chromium-browser"])),
    reason="no Chromium here; `sh scripts/browser.sh` says how to get it",
)


@needs_browser
def test_ines_is_read_in_a_browser_that_waits_for_late_fields(tmp_path):
    words = {
        "A": [("ÁGUA", "Líquido."), ("ABRIR", "Descerrar."), ("ABRIR", "Começar."), ("AJUDAR2", "Dar apoio.")],
        "P": [("PERDIDA", "Que se perdeu.")],
    }
    with served(ines(words)) as replica:
        found = crawl("ines", replica, tmp_path, "--check-links")
        assert (found["entries"], found["alive"], found["dead_links"]) == (5, 4, 1)
        rows = {r["key"]: r for r in entries(tmp_path)}
        told = {key: (r["word"], r["definition"], r["video_url"].rsplit("/", 1)[1]) for key, r in rows.items()}
        assert told["A/ABRIR/1"] == ("ABRIR", "Descerrar.", "abrirSm_Prog001.mp4")
        assert told["A/ABRIR/2"] == ("ABRIR", "Começar.", "abrirSm_Prog001.mp4")
        assert told["A/%C3%81GUA/1"] == ("ÁGUA", "Líquido.", "aguaSm_Prog001.mp4")
        assert told["P/PERDIDA/1"] == ("PERDIDA", "Que se perdeu.", "perdidaSm_Prog001.mp4")
        assert rows["P/PERDIDA/1"]["error"] == "answers text/html, no video"
        # one visit serves all words, and no film is fetched for its address
        assert [path for _, method, path in replica.asked if method == "GET" and "media" in path] == []
        assert replica.count("/") == 2  # as the server gives it, then in the browser


@needs_browser
def test_a_page_drawn_by_script_is_read_in_a_browser_only_where_it_must(tmp_path):
    with served(signbank({"a": ["ÁGUA", "ABRIR"]}, scripted=True)) as replica:
        found = crawl("signbank", replica, tmp_path, "--limit", "1")
        assert (found["entries"], found["waiting"]) == (0, 26)
        replica.special = {}
        assert replica.count("/search-signs/words?page=1&letter=a") == 2  # plain, then in the browser
