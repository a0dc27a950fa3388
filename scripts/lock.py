"""Write requirements/{base,train,dev}.txt from the packages installed here, split by what needs them.

Starts at the dependencies that pyproject.toml lists and follows what each installed package itself requires.
`base` is what recognizing, producing and serving need; `train` and `dev` add only what they have on top.

Run it as `make lock` after adding a package to pyproject.toml and installing it with `pip install --no-deps`.
With --check nothing is written: exit 1 when a file is not what would be written.
"""

import argparse
import sys
import tomllib
from collections import deque
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]

INSTEAD = {
    "mediapipe": {
        "jax": None,  # declared, imported nowhere in mediapipe's own code that we reach
        "jaxlib": None,
        "opencv-contrib-python": "opencv-python-headless",  # the same cv2 without libGL and without the extra modules
        "sentencepiece": None,  # text tasks
        "sounddevice": None,  # microphone input of the audio tasks
    }
}
"""What a package declares and we leave out (None) or replace; tests/test_install.py proves that it is not missed."""

PARTS = {
    "base": "recognize, spell, produce, render, serve",
    "train": "train, evaluate and export as well: the extra `train`",
    "dev": "check and test: the extra `dev`, and what builds the package",
}


def closure(requirements: Iterable[str]) -> set[str]:
    """Names of all installed packages that these need, themselves included.

    Raises:
        SystemExit: one is not installed, or not in the version asked for.
    """
    found: set[str] = set()
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = deque((Requirement(text), "pyproject.toml") for text in requirements)
    while waiting:
        requirement, wanted_by = waiting.popleft()
        name = canonicalize_name(requirement.name)
        extras = frozenset(requirement.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            sys.exit(f"lock: {wanted_by} needs {requirement}, which is not installed; pip install --no-deps {name}")
        if installed.version not in requirement.specifier:
            sys.exit(f"lock: {wanted_by} needs {requirement}, but {installed.version} is installed")
        found.add(name)
        for text in installed.requires or ():
            needed = Requirement(text)
            if needed.marker and not any(needed.marker.evaluate({"extra": extra}) for extra in extras | {""}):
                continue
            ours = INSTEAD.get(name, {})
            if needed.name in ours:
                replacement = ours[needed.name]
                if replacement is None:
                    continue
                needed = Requirement(replacement)
            waiting.append((needed, name))
    return found


def lock_files() -> dict[str, str]:
    """Text of each lock file, by its part's name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    roots = {
        "base": project["project"]["dependencies"],
        "train": extras["train"],
        "dev": [*extras["dev"], *project["build-system"]["requires"], "editables"],  # editables: for `pip install -e`
    }
    texts, locked = {}, set[str]()
    for part, use in PARTS.items():
        names = closure(roots[part]) - locked
        locked |= names
        # The local part of a version (+cpu) says which index a wheel came from: not part of the pin.
        pins = [f"{name}=={Version(distribution(name).version).public}" for name in sorted(names)]
        header = f"# To {use}.\n# Made by `make lock`; install with --no-deps (see docs/install.md).\n"
        texts[part] = header + "\n".join(pins) + "\n"
    return texts


def main() -> None:
    """Write the lock files, or check them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is out of date")
    check = parser.parse_args().check
    stale = []
    for part, text in lock_files().items():
        path = ROOT / "requirements" / f"{part}.txt"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
            if not check:
                path.write_text(text, encoding="utf-8")
    if check and stale:
        sys.exit(f"lock: {', '.join(stale)} not what is installed here; run `make setup`, or `make lock` to keep it")
    print(f"lock: {'wrote ' + ', '.join(stale) if stale else 'up to date'}")


if __name__ == "__main__":
    main()
