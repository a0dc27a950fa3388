"""The slim install is enough: nothing imports what the lock files leave out, and they name all that is imported."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "chereme"
OPTIONAL = {"mlflow": "track", "ray": "cluster", "aeon": "bench", "faiss": "index", "spoken_to_signed": "bench"}
OPTIONAL |= dict.fromkeys(("scrapy", "parsel", "protego", "twisted", "playwright"), "collect")
OPTIONAL |= dict.fromkeys(("transformers", "tokenizers", "datasets"), "text")
"""Packages that are looked for where they are used, and their extras; `make setup` installs those that tests need."""
LEFT_OUT = ("jax", "jaxlib", "sentencepiece", "sounddevice")
TRAINING = {"models", "bundle", "train", "evaluate", "export", "bench"}


def pins(*parts: str) -> dict[str, str]:
    """Package name to version, of some lock files together."""
    lines = [line for part in parts for line in (ROOT / "requirements" / f"{part}.txt").read_text().splitlines()]
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def test_lock_files_are_what_lock_would_write():
    run = subprocess.run([sys.executable, ROOT / "scripts" / "lock.py", "--check"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("part", ["base", "train", "dev"])
def test_lock_files_hold_plain_pins(part):
    lines = [line for line in (ROOT / "requirements" / f"{part}.txt").read_text().splitlines() if line[:1] != "#"]
    assert lines
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line)] == []


def test_base_needs_neither_torch_nor_what_mediapipe_declares_in_vain():
    left_out = {"torch", "lightning", "scikit-learn", "onnx", "opencv-contrib-python", "opencv-python", *LEFT_OUT}
    assert pins("base").keys().isdisjoint(left_out)
    assert "opencv-python-headless" in pins("base")
    assert pins("train")["torch"] == "2.13.0"  # exactly: a range may pull gigabytes of CUDA


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("from mediapipe.python.solutions import hands, holistic, pose", id="the solutions that we use"),
        pytest.param(
            "import numpy as np\n"
            "from chereme.landmarks import ExtractConfig, open_extractor\n"
            "with open_extractor(ExtractConfig(layout='holistic_543')) as extractor:\n"
            "    points, confidence = extractor.look(np.full((240, 320, 3), 90, np.uint8))\n"
            "assert points.shape == (543, 3) and np.isnan(points).all(), 'a plain wall holds nobody'",
            id="our extractor, looking at a picture",
        ),
    ],
)
def test_imports_without_the_packages_left_out(code):
    block = (
        "import sys\n"
        "class Block:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.split('.')[0] in {LEFT_OUT}:\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Block())\n"
    )
    run = subprocess.run([sys.executable, "-c", block + code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_every_import_is_locked():
    """A stage that runs without torch imports packages of the base lock only; dev packages are imported by none."""
    base, with_training = pins("base"), pins("base", "train")
    provided_by = packages_distributions()
    missing = []
    for path in PACKAGE.rglob("*.py"):
        stage = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        locked = with_training if stage in TRAINING else base
        for module in sorted(third_party(path) - OPTIONAL.keys()):
            names = {canonicalize_name(name) for name in provided_by.get(module, [module])}
            if names.isdisjoint(locked):
                missing.append(f"{path.relative_to(PACKAGE)} imports {module}, of {', '.join(names)}")
    assert missing == []


def test_every_import_is_declared():
    """What the package imports stands in pyproject.toml itself, not only as another package's need."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    texts = [*project["dependencies"], *extras["train"], *(text for x in set(OPTIONAL.values()) for text in extras[x])]
    declared = {canonicalize_name(re.split(r"[\[<>=!~ ]", text)[0]) for text in texts}
    declared |= {"opencv-python-headless", "opencv-contrib-python"}  # the cv2 that mediapipe brings, one or the other
    provided_by = packages_distributions()
    undeclared = {
        f"{path.relative_to(PACKAGE)} imports {module}"
        for path in PACKAGE.rglob("*.py")
        for module in third_party(path)
        if declared.isdisjoint(canonicalize_name(name) for name in provided_by.get(module, [module]))
    }
    assert undeclared == set()


def test_the_built_package_holds_what_the_clone_does(tmp_path):
    """A wheel carries bundles, recipes, the page and the licence as well as the code."""
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", tmp_path]
    run = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    ours = {path.relative_to(ROOT / "src").as_posix() for path in PACKAGE.rglob("*") if path.is_file()}
    assert {name for name in ours if not name.endswith(".pyc")} - held == set()
    assert any(name.endswith("dist-info/licenses/LICENSE") for name in held)


def third_party(path: Path) -> set[str]:
    """Top-level names of the packages that a file imports, anywhere in it, beside Python's own and ours."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"chereme"}


def test_setup_says_which_python_it_needs(tmp_path):
    """On a machine whose Pythons are all too old, setup ends with one line that names the version."""
    for name in ("python3.11", "python3.12", "python3", "python"):
        old = tmp_path / name
        old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit\nexit 1\n')
        old.chmod(0o755)
    copy = tmp_path / "a clone"
    (copy / "scripts").mkdir(parents=True)
    (copy / "requirements").mkdir()
    for file in ("scripts/setup.sh", "pyproject.toml", "requirements/base.txt"):
        (copy / file).write_bytes((ROOT / file).read_bytes())
    run = subprocess.run(
        ["/bin/sh", copy / "scripts" / "setup.sh"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert "chereme needs Python 3.11 or 3.12, found Python 3.9.2" in run.stderr
    assert not (copy / ".venv").exists()
