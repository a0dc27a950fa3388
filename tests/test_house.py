"""Rules of the house that no linter knows: what a committed file may hold, and which pages must agree."""

import hashlib
import re
import subprocess
from pathlib import Path

import pytest

import chereme

ROOT = Path(__file__).parents[1]
PROSE = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LOG.md")]
DOCS = sorted((ROOT / "docs").glob("*.md"))


def committed(*suffixes: str) -> list[Path]:
    """Files that git tracks or would track; outside a clone there are none to look at."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("this is no git clone")
    paths = [ROOT / name for name in listed.stdout.splitlines()]
    return [path for path in paths if path.is_file() and (not suffixes or path.suffix in suffixes)]


def found(pattern: str, paths: list[Path]) -> list[str]:
    """`file:line` of each line that matches, in files that hold text."""
    hits = []
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        hits += [
            f"{path.relative_to(ROOT)}:{i}: {line.strip()}"
            for i, line in enumerate(lines, 1)
            if re.search(pattern, line)
        ]
    return hits


def test_no_path_of_somebodys_machine():
    assert found(r"(?<![\w.])/(?:root|home|Users|work|opt)/\w", committed()) == []


def test_no_registry_address():
    """Where packages come from is the machine's setting; a clone must work behind any mirror."""
    assert found(r"https?://[^\s/]*(?:pypi|pythonhosted|npmjs|download\.pytorch)", committed()) == []
    assert found(r"--(?:extra-)?index-url|--find-links", [*committed(".txt", ".sh", ".toml"), ROOT / "Makefile"]) == []


def test_no_data_set_is_committed():
    """The public sets stay beside the repo: no video, no array and no pose of a person comes into it."""
    kept = (
        ".npz",
        ".npy",
        ".pose",
        ".parquet",
        ".arrow",
        ".pkl",
        ".mp4",
        ".mov",
        ".avi",
        ".webm",
        ".mkv",
        ".jpg",
        ".jpeg",
    )
    assert committed(*kept) == []


def test_no_large_file():
    assert [path for path in committed() if path.stat().st_size > 8_000_000] == []


def test_files_are_short_and_named_for_their_subject():
    source = [path for path in committed(".py") if {"src", "tests", "scripts"} & set(path.parts)]
    assert source
    assert [path for path in source if len(path.read_text(encoding="utf-8").splitlines()) > 420] == []
    assert [path for path in source if re.search(r"utils?|helpers?|misc|common", path.stem)] == []


def test_nothing_is_left_for_later():
    assert found(r"\b(?:TODO|FIXME|XXX)\b", [p for p in committed(".py") if "src" in p.parts]) == []


def test_licence_is_the_plain_apache_text():
    text = (ROOT / "LICENSE").read_bytes()
    assert hashlib.sha256(text).hexdigest() == "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"


def test_changelog_names_this_version():
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased" or headings[0] == chereme.__version__
    assert chereme.__version__ in headings


@pytest.mark.parametrize("page", [*PROSE, *DOCS], ids=lambda path: path.name)
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    missing = [t for t in targets if t and "://" not in t and not (page.parent / t).exists()]
    assert missing == []


def test_every_page_is_in_the_index():
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in DOCS if page.name != "README.md" and f"({page.name})" not in index] == []


def test_each_test_stands_where_its_subject_does():
    """tests/ mirrors src/: a folder of tests has the name of a stage."""
    stages = {path.stem for path in (ROOT / "src" / "chereme").iterdir()}
    folders = {path.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").rglob("test_*.py")}
    assert {name for name in folders if not name.endswith(".py")} <= stages


def test_ci_runs_what_a_person_runs():
    script = ROOT / ".ci" / "run"
    assert "make test" in script.read_text(encoding="utf-8")
    assert script.stat().st_mode & 0o111
