"""Every `chereme` and `make` command in README and docs is one that exists, and the tour that README promises runs."""

import itertools
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from chereme.cli import VERBS, _cli
from chereme.curate import CurateConfig
from chereme.features import BLOCKS
from chereme.places import RECIPES
from chereme.poses import write_pose
from chereme.recipe import Recipe
from chereme.spell.motion import read_motions
from chereme.train.config import RecognizerRecipe
from chereme.train.decoder import DecoderConfig
from chereme.train.letters_config import LettersRecipe
from chereme.train.producer_config import ProducerRecipe
from made_up import made_up_signer

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md")] + sorted(
    (ROOT / "docs").glob("*.md")
)
FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHELLS = {"sh", "bash", "shell", "console"}


def commands(text: str) -> Iterator[list[str]]:
    """The words of each `chereme` or `make` command in a page's shell blocks, up to a pipe, `&&` or redirection."""
    for language, block in FENCE.findall(text):
        if language not in SHELLS:
            continue
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars=True)
            words.whitespace_split = True
            command: list[str] = []
            for word in [*words, ";"]:
                if word in {"|", "||", "&&", ";", "&", ">", ">>", "<", "2>"}:
                    if command[:1] in (["chereme"], ["make"]):
                        yield command
                    command = []
                elif not (command == [] and re.fullmatch(r"\w+=.*", word)):  # `NAME=value chereme …`
                    command.append(word)


def check_chereme(words: list[str]) -> None:
    """Walk a command's verbs and options as click would, without opening a file or running anything.

    Raises:
        click.UsageError: a verb, option or choice that does not exist, or a value or argument too many or too few.
    """
    command: click.Command = _cli
    name, parent = "chereme", None
    while True:
        # Not make_context, which parses at once, asks for files that an example only imagines, and runs callbacks.
        context = click.Context(command, parent, name, **command.context_settings)
        values, rest, _ = command.make_parser(context).parse_args(list(words))
        if {"help", "version"} & values.keys():
            return
        if not isinstance(command, click.Group):
            break
        name, words, parent = next(iter(rest), "given"), rest[1:], context
        subcommand = command.get_command(context, name)
        if subcommand is None:
            raise click.UsageError(f"no verb {name}")
        command = subcommand
    if rest:
        raise click.UsageError(f"{name}: {' '.join(rest)} is too much")
    for parameter in command.params:
        value = values.get(parameter.name or "")
        given = isinstance(value, (str, list, tuple)) and len(value) > 0 and value != (None,)
        if parameter.required and not given:
            raise click.UsageError(f"{name}: {parameter.human_readable_name} is missing")
        if given and isinstance(parameter.type, (click.Choice, click.types.IntParamType, click.types.FloatParamType)):
            parameter.type_cast_value(context, value)


def check_make(words: list[str]) -> None:
    """Raises UsageError when the Makefile has no such target."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for word in words:
        if "=" not in word and word not in targets:
            raise click.UsageError(f"make: no target {word}")


def check(words: list[str]) -> None:
    (check_chereme if words[0] == "chereme" else check_make)(words[1:])


def fault(words: list[str]) -> str:
    """What is wrong with a command; empty when nothing is."""
    try:
        check(words)
    except click.ClickException as error:
        return error.format_message()
    return ""


EXAMPLES = [
    pytest.param(words, id=f"{page.relative_to(ROOT)}: {shlex.join(words)}")
    for page in PAGES
    for words in commands(page.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("words", EXAMPLES)
def test_command_in_the_docs_exists(words):
    assert fault(words) == ""


@pytest.mark.parametrize("verb", VERBS)
def test_verb_has_a_page_that_uses_it(verb):
    page = (ROOT / "docs" / f"{verb}.md").read_text(encoding="utf-8")
    assert any(words[:2] == ["chereme", verb] for words in commands(page))


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("chereme dance", id="no such verb"),
        pytest.param("chereme extract videos --no-such-option", id="no such option"),
        pytest.param("chereme evaluate --json", id="an argument is missing"),
        pytest.param("make tea", id="no such target"),
    ],
)
def test_the_checker_sees(line):
    (words,) = commands(f"```sh\n{line}  # a remark\n```")
    with pytest.raises(click.UsageError):
        check(words)


def test_commands_are_found():
    text = "```sh\n$ chereme a \\\n  --b 'c d' | less\nls && X=1 chereme e  # f\n```\n```python\nmake = 1\n```\n"
    assert list(commands(text)) == [["chereme", "a", "--b", "c d"], ["chereme", "e"]]


@pytest.mark.parametrize("name", ["settings_tables", "figures", "benchmarks"])
def test_tables_in_the_docs_are_those_of_the_code_and_the_records(name):
    script = ROOT / "scripts" / f"{name}.py"
    run = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_every_feature_block_is_in_the_docs():
    page = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
    assert [name for name in BLOCKS if f"`{name}`" not in page] == []


def epochs(recipe: Recipe) -> int:
    """Of a recipe of signs, of letters or of producers, once all its tables are checked."""
    if "decoder" in recipe.tables:
        recipe.check_tables(["decoder"])
        return recipe.stage("decoder", DecoderConfig).steps
    if "pose" in recipe.tables:
        return ProducerRecipe.read(recipe).train.epochs
    if "handshape" not in recipe.tables:
        return RecognizerRecipe.read(recipe).train.epochs
    read_motions(recipe)
    return LettersRecipe.read(recipe).letters.epochs


RECIPES_SHOWN = [
    pytest.param(text, id=f"{page.name}: {text.splitlines()[0]}")
    for page in PAGES
    for language, text in FENCE.findall(page.read_text(encoding="utf-8"))
    if language == "toml"
]


@pytest.mark.parametrize("text", RECIPES_SHOWN)
def test_recipe_in_the_docs_is_valid(text):
    recipe = Recipe.from_text(text)
    if "criteria" in recipe.tables:
        assert CurateConfig.from_recipe(recipe).sources
    else:
        assert epochs(recipe) > 1


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_recipe_that_ships_is_valid(path):
    assert epochs(Recipe.from_file(path)) > 1


def test_the_tour_of_the_readme_runs(tmp_path, monkeypatch, rng):
    """`Your own signs`, word for word but for a smaller model, on signers made up here: 2 words, 5 signers."""
    chapter = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Your own signs")[2]
    extract, *others = list(commands(chapter))[:6]
    assert extract == ["chereme", "extract", "videos", "-o", "poses"]  # tested with real video in its own folder
    rows = ["path,gloss,signer"]
    for gloss, signer, take in itertools.product(("house", "thanks"), "abcde", (1, 2)):
        write_pose(made_up_signer(20, rng), tmp_path / "poses" / gloss / f"{signer}{take}.pose")
        rows.append(f"{gloss}/{signer}{take}.mp4,{gloss},{signer}")
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "manifest.csv").write_text("\n".join(rows))
    write_pose(made_up_signer(20, rng), tmp_path / "new_clip.pose")
    monkeypatch.chdir(tmp_path)
    small = ["--set", "train.epochs=1", "--set", "model.width=16"]
    for words in others:
        arguments = [word.replace("new_clip.mp4", "new_clip.pose") for word in words[1:]]
        run = CliRunner().invoke(_cli, arguments + small * (words[1] == "train"), catch_exceptions=False)
        assert run.exit_code == 0, f"{words}: {run.output}"
    assert words[1] == "recognize"
    assert "house" in run.stdout
    assert "thanks" in run.stdout


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(text, id=page.name)
        for page in PAGES
        for language, text in FENCE.findall(page.read_text(encoding="utf-8"))
        if language == "python"
    ],
)
def test_python_in_the_docs_runs(code, tmp_path, monkeypatch, signing, capsys):
    write_pose(signing, tmp_path / "clip.pose")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "docs", "exec"), {})
    assert capsys.readouterr().out or len(list(tmp_path.iterdir())) > 1  # it showed or made something


def test_make_alone_lists_the_targets():
    run = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"make run", "make test", "make check"} <= {" ".join(line.split()[:2]) for line in run.stdout.splitlines()}


def test_doctor_runs():
    run = subprocess.run([sys.executable, "-m", "chereme", "doctor"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "isl43" in run.stdout
