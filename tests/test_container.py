"""The Containerfile is read, not built: what it must hold to be small and safe."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINES = re.sub(r"\\\n\s*", "", (ROOT / "Containerfile").read_text(encoding="utf-8")).splitlines()
STEPS = [line for line in LINES if line and not line.startswith("#")]


def stages() -> list[list[str]]:
    found: list[list[str]] = []
    for step in STEPS:
        if step.startswith("FROM "):
            found.append([])
        found[-1].append(step)
    return found


def test_every_base_is_slim_and_of_a_fixed_version():
    for stage in stages():
        assert re.fullmatch(r"FROM docker\.io/library/(python:3\.11|node:22)-slim( AS \w+)?", stage[0])


def test_what_runs_is_no_root_and_builds_nothing():
    last = stages()[-1]
    commands = [step for step in last if step.startswith("RUN ")]
    assert not any(re.search(r"\b(pip|npm|apt|apt-get|gcc|curl)\b", command) for command in commands)
    users = [step.split()[1] for step in last if step.startswith("USER ")]
    assert users[-1:] == ["10001"]
    assert last.index("USER 10001") < next(i for i, step in enumerate(last) if step.startswith("CMD "))
    assert any(step.startswith("HEALTHCHECK ") and "/api/v1/ready" in step for step in last)
    assert not any(step.startswith("ADD ") for step in STEPS)


def test_what_it_copies_is_there():
    for step in STEPS:
        if step.startswith("COPY ") and "--from=" not in step:
            for source in step.split()[1:-1]:
                assert (ROOT / source).exists(), source


def test_packages_come_from_the_lock_without_more():
    installs = [part for step in STEPS for part in step.split("&&") if "pip install" in part]
    assert installs
    assert all("--no-deps" in part for part in installs)
    built_with = next(step for step in STEPS if "hatchling|" in step)
    for name in re.search(r"\(([^)]*)\)", built_with)[1].split("|"):
        pins = [(ROOT / "requirements" / f"{part}.txt").read_text() for part in ("base", "dev")]
        assert any(re.search(rf"^{name}==", text, re.M) for text in pins), name


def test_settings_that_it_names_exist():
    from chereme.serve import ServeSettings

    environment = " ".join(step for step in STEPS if step.startswith("ENV "))
    for name in re.findall(r"CHEREME_\w+(?==)", environment):
        fields = ServeSettings.model_fields
        named = {f.validation_alias or f"CHEREME_{key.upper()}" for key, f in fields.items()}
        assert name in named


def test_no_secret_and_no_own_folder_goes_in():
    ignored = (ROOT / ".containerignore").read_text(encoding="utf-8").split()
    assert {".git", ".env", ".venv", "runs", "**/node_modules"} <= set(ignored)


def test_hadolint_finds_nothing():
    hadolint = shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed")
    run = subprocess.run([hadolint, ROOT / "Containerfile"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
