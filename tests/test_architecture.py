"""Holds the order in which the stages may import each other, and which of them may load what is heavy."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "chereme"

ORDER = (
    {"errors", "layout", "types", "recipe", "files", "places", "poses"},
    {"collect", "dataset"},
    {"landmarks"},
    {"preprocess"},
    {"curate"},
    {"features"},
    {"augment"},
    {"models"},
    {"bundle"},
    {"train", "evaluate"},
    {"lexicon", "recognize", "spell", "segment", "export"},
    {"gloss"},
    {"produce", "render"},
    {"client"},
    {"serve", "review"},
    {"bench"},
    {"cli"},
)
"""A stage imports those of its own line (in no circle) and of the lines above, never of a line below."""

TRAINING = {"models", "bundle", "train", "evaluate", "export"}
HEAVY = {
    package: stages
    for stages, packages in [
        (TRAINING, ["torch", "lightning", "pytorch_lightning", "torchmetrics", "sklearn", "onnx", "safetensors"]),
        ({"landmarks"}, ["mediapipe"]),
        ({"landmarks", "render"}, ["av", "cv2"]),
        ({"serve", "review", "cli"}, ["fastapi", "starlette", "uvicorn"]),
    ]
    for package in packages
}
"""Which stages may import a heavy package at all; a bench may import any, since it measures the peer itself."""

UNTRAINED = {"landmarks", "recognize", "spell", "segment", "lexicon", "gloss", "produce", "render", "serve", "review"}
"""What a user without the extra `train` runs; bundle is shared, so its writing side imports torch inside."""

LIGHT = {"chereme", "click", "tqdm"}
"""What a verb's module may load, with what that loads in turn, before the verb is run."""


@dataclass(frozen=True)
class Import:
    """One import of one module, wherever it stands in the file."""

    file: str
    line: int
    stage: str
    target: str
    """Dotted, as `chereme.dataset.store` or `torch`."""


def imports(package: Path) -> Iterator[Import]:
    """Every import under a package's folder: at the top, inside functions, for type checkers only, by name."""
    names = {path.stem if path.is_file() else path.name for path in package.iterdir()}
    for path in sorted(package.rglob("*.py")):
        inside = path.relative_to(package)
        stage = inside.parts[0].removesuffix(".py")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            for target in _targets(node, package.name, inside, names):
                yield Import(inside.as_posix(), node.lineno, stage, target)


def _targets(node: ast.AST, package: str, inside: Path, names: set[str]) -> Iterator[str]:
    """The modules that one node of the tree imports; none for most nodes."""
    match node:
        case ast.Import():
            yield from (alias.name for alias in node.names)
        case ast.ImportFrom():
            base = node.module or ""
            if node.level:
                above = [package, *inside.parent.parts]
                base = ".".join([*above[: len(above) - node.level + 1], *filter(None, [base])])
            if base == package:  # `from chereme import poses` names a stage, `from chereme import __version__` none
                yield from (f"{base}.{alias.name}" for alias in node.names if alias.name in names)
            else:
                yield base
        case ast.Call(func=ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__")):
            match node.args:
                case [ast.Constant(value=str(name)), *_]:
                    yield name
                case [ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]), *_]:
                    yield start.rstrip(".")


def offences(package: Path) -> list[str]:
    """A line for each import that breaks the order, reaches for a heavy package, or closes a circle."""
    rank = {stage: i for i, line in enumerate(ORDER) for stage in line}
    rank |= {"__init__": -1, "__main__": len(ORDER)}
    found, same_line = [], dict[str, set[str]]()
    for one in imports(package):
        where = f"{one.file}:{one.line}: {one.stage}"
        top, _, rest = one.target.partition(".")
        if one.stage not in rank:
            found.append(f"{where} is no known stage; give it a place in ORDER")
        elif top != package.name:
            allowed = HEAVY.get(top)
            if allowed is not None and one.stage not in allowed | {"bench"}:
                found.append(f"{where} imports {top}, which only {', '.join(sorted(allowed))} may")
        elif rest:
            other = rest.split(".")[0]
            if rank.get(other, len(ORDER)) > rank[one.stage] and (one.stage, other) != ("__init__", "client"):
                found.append(f"{where} imports the later stage {other}")
            elif other != one.stage and rank[other] == rank[one.stage]:
                same_line.setdefault(one.stage, set()).add(other)
    try:
        TopologicalSorter(same_line).prepare()
    except CycleError as error:
        found.append("stages import each other in a circle: " + " → ".join(error.args[1]))
    return found


def test_the_package_keeps_the_order():
    assert offences(PACKAGE) == []


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        pytest.param("features/x.py", "import chereme.train", "features imports the later stage train", id="later"),
        pytest.param("features/x.py", "from chereme import serve", "the later stage serve", id="from the package"),
        pytest.param("features/x.py", "from ..cli import main", "the later stage cli", id="relative"),
        pytest.param(
            "features.py", "def f():\n    from chereme.models import M", "features.py:2: ", id="in a function"
        ),
        pytest.param("features.py", "if TYPE_CHECKING:\n    import chereme.cli", "later stage cli", id="types only"),
        pytest.param("dataset.py", "import_module('chereme.cli.demo')", "the later stage cli", id="by name"),
        pytest.param(
            "dataset.py", "importlib.import_module(f'chereme.cli.{v}')", "later stage cli", id="by a name made"
        ),
        pytest.param("recognize.py", "def f():\n    import torch.nn", "recognize imports torch", id="torch, lazily"),
        pytest.param("serve/app.py", "from mediapipe import solutions", "only landmarks may", id="mediapipe"),
        pytest.param("extras.py", "import json", "extras is no known stage", id="a stage without a place"),
        pytest.param("types.py", "from chereme.nowhere import x", "later stage nowhere", id="a target without a place"),
    ],
)
def test_the_checker_sees(tmp_path, file, text, message):
    offending = tmp_path / "chereme" / file
    offending.parent.mkdir(parents=True)
    for stage in ("serve", "cli"):
        (tmp_path / "chereme" / stage).mkdir(exist_ok=True)
    offending.write_text(text)
    (found,) = offences(tmp_path / "chereme")
    assert message in found


def test_the_checker_sees_a_circle(tmp_path):
    (tmp_path / "train.py").write_text("import chereme.evaluate")
    (tmp_path / "evaluate.py").write_text("import chereme.train")
    (found,) = offences(tmp_path.rename(tmp_path.with_name("chereme")))
    assert "circle" in found


def test_the_checker_lets_pass(tmp_path):
    package = tmp_path / "chereme"
    package.mkdir()
    (package / "train.py").write_text("import torch\nfrom chereme import __version__\nfrom chereme.evaluate import x\n")
    (package / "bench.py").write_text("def peer():\n    import mediapipe, torch\n")
    (package / "__main__.py").write_text("from chereme.cli import main\n")
    assert offences(package) == []


def loaded_by(code: str) -> set[str]:
    """Names of the top-level modules in memory after the code ran in a fresh interpreter."""
    tell = "import sys, json; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    run = subprocess.run([sys.executable, "-c", f"{code}\n{tell}"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout.splitlines()[-1]))


def test_help_is_light():
    loaded = loaded_by(
        "import sys; sys.argv = ['chereme', '--help']\n"
        "from chereme.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code"
    )
    assert loaded.isdisjoint({"numpy", "torch", "mediapipe", "pandas", "onnxruntime"})


def test_verbs_are_light_until_they_run():
    ours = loaded_by("\n".join(f"import chereme.cli.{path.stem}" for path in (PACKAGE / "cli").glob("[!_]*.py")))
    click = loaded_by("import click, tqdm")
    assert {name for name in ours - click - set(sys.stdlib_module_names) if not name.startswith("_")} <= LIGHT


@pytest.mark.parametrize("stage", [s for s in sorted(UNTRAINED) if list(PACKAGE.glob(f"{s}*"))])
def test_stage_runs_without_torch(stage):
    loaded = loaded_by(
        f"import pkgutil, importlib, chereme.{stage} as s\n"
        "for m in pkgutil.walk_packages(getattr(s, '__path__', []), s.__name__ + '.'):\n"
        "    importlib.import_module(m.name)"
    )
    assert loaded.isdisjoint(name for name, stages in HEAVY.items() if stages is TRAINING)
