"""Settings of fingerspelling: from the environment and `.env`, by the alphabet portal's names, and what they do."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from chereme.cli.serve import command
from chereme.errors import RecipeError
from chereme.landmarks import hands
from chereme.serve import AslSettings, ServeSettings
from chereme.serve.asl import Fingerspelling
from chereme.serve.settings import read_asl_settings
from chereme.serve.workers import Workers
from made_up import made_up_speller

PAGE = Path(__file__).parents[2] / "docs" / "serve.md"
DESK = "https://desk.example"


@pytest.fixture(autouse=True)
def _nothing_set(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("CLASSIFIER_PATH", "MIN_DETECTION_CONFIDENCE", "MIN_TRACKING_CONFIDENCE", "MAX_NUM_HANDS"):
        monkeypatch.delenv(f"ASL_{name}", raising=False)
    monkeypatch.delenv("BACKEND_CORS_ORIGINS", raising=False)


def test_what_is_not_set():
    settings = read_asl_settings()
    assert settings.classifier_path == "asl_letters"
    assert (settings.min_detection_confidence, settings.min_tracking_confidence) == (0.1, 0.5)
    assert settings.max_num_hands == 1
    assert settings.cors_origins == ()


def test_the_portals_own_file_will_do(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text(
        "PROJECT_NAME=Portal\nENVIRONMENT=local\nSENTRY_DSN=\nFRONTEND_HOST=http://localhost:3000\n"
        'BACKEND_CORS_ORIGINS="http://localhost:3000,https://desk.example/"\n'
        "ASL_CLASSIFIER_PATH=models/best_model.pt\nASL_MIN_DETECTION_CONFIDENCE=0.5\n"
        "ASL_MIN_TRACKING_CONFIDENCE=0.6\nASL_MAX_NUM_HANDS=2\n"
    )
    monkeypatch.setenv("ASL_MAX_NUM_HANDS", "1")  # goes before the file
    settings = read_asl_settings()
    assert settings.classifier_path == "models/best_model.pt"
    assert (settings.min_detection_confidence, settings.min_tracking_confidence) == (0.5, 0.6)
    assert settings.max_num_hands == 1
    assert settings.cors_origins == ("http://localhost:3000", DESK)


def test_empty_is_not_set(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("ASL_MAX_NUM_HANDS=\nBACKEND_CORS_ORIGINS=\n")
    monkeypatch.setenv("ASL_CLASSIFIER_PATH", "")
    assert read_asl_settings() == AslSettings(_env_file=None)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ASL_MIN_DETECTION_CONFIDENCE", "1.5", "less than or equal to 1"),
        ("ASL_MIN_DETECTION_CONFIDENCE", "nan", "finite"),
        ("ASL_MIN_TRACKING_CONFIDENCE", "much", "number"),
        ("ASL_MAX_NUM_HANDS", "0", "greater than or equal to 1"),
        ("BACKEND_CORS_ORIGINS", "*", "'*' is no origin such as https://"),
        ("BACKEND_CORS_ORIGINS", "desk.example", "is no origin"),
        ("BACKEND_CORS_ORIGINS", "https://desk.example/page", "is no origin"),
        ("BACKEND_CORS_ORIGINS", "[1", "Expecting"),
    ],
)
def test_a_value_that_will_not_do_is_named_in_one_line(monkeypatch, name, value, says):
    monkeypatch.setenv(name, value)
    with pytest.raises(RecipeError) as caught:
        read_asl_settings()
    line = str(caught.value)
    assert line.startswith(f"{name}: ")
    assert says in line
    assert f"got {value!r}; correct it" in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("value", "origins"),
    [
        ('["http://a.example", "HTTPS://B.example:443/"]', ("http://a.example", "https://b.example")),
        (" http://a.example:80 , ,http://b.example:8080", ("http://a.example", "http://b.example:8080")),
    ],
)
def test_origins_are_a_list_or_have_commas(monkeypatch, value, origins):
    monkeypatch.setenv("BACKEND_CORS_ORIGINS", value)
    assert read_asl_settings().cors_origins == origins


def test_settings_reach_the_engine(tmp_path, monkeypatch):
    """What is set goes before the speller's recipe, and only what is set."""
    configs = []
    monkeypatch.setattr(hands, "HandFinder", configs.append)
    says = "[hands]\nmin_detection_confidence = 0.3\npaddings = [0.5]\nmirrored = true"
    made_up_speller(tmp_path / "padded", more=says)
    limits, workers = ServeSettings(_env_file=None), Workers(1, 1)
    for given in ({}, {"min_detection_confidence": 0.7, "min_tracking_confidence": 0.2, "max_num_hands": 2}):
        settings = AslSettings(_env_file=None, classifier_path=str(tmp_path / "padded"), **given)
        Fingerspelling(settings, limits, workers, tmp_path)._finder()
    workers.close()
    assert configs == [
        hands.HandConfig(0.3, 0.5, 1, (0.5,)),
        hands.HandConfig(0.7, 0.2, 2, (0.5,)),
    ]


def test_cors_for_origins_that_are_named(serve):
    service = serve(asl={"cors_origins": (DESK,), "classifier_path": "nowhere"})
    preflight = {"Origin": DESK, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-own"}
    asked = service.client.options("/api/v1/asl/recognitions", headers=preflight)
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == DESK
    assert "POST" in asked.headers["access-control-allow-methods"]
    for site in ("cross-site", "same-site"):
        headers = {"Origin": DESK, "Sec-Fetch-Site": site, "Sec-Fetch-Mode": "cors"}
        refused = service.client.post("/api/v1/asl/recognitions", headers=headers)
        assert refused.status_code == 503  # what is refused can be read as well
        assert refused.headers["access-control-allow-origin"] == DESK
        assert refused.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Origin": "https://evil.example"}, id="another"),
        pytest.param({"Origin": "http://desk.example"}, id="another scheme"),
        pytest.param({"Origin": f"{DESK}.evil.example"}, id="one that begins alike"),
        pytest.param({"Origin": DESK, "Host": "evil.example"}, id="by a name that is not the service's"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="no origin given"),
    ],
)
def test_other_origins_stay_out(serve, headers):
    service = serve(asl={"cors_origins": (DESK,), "classifier_path": "nowhere"})
    answer = service.client.get("/api/v1/health", headers=headers)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def test_without_origins_nobody_is_let_in(service):
    answer = service.client.get("/api/v1/health", headers={"Origin": DESK})
    assert answer.status_code == 403


def test_the_page_has_every_setting():
    rows = dict(
        re.findall(r"^\| `((?:ASL|BACKEND)_\w+)` \| ([^|]*?) ?\|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    )
    fields = AslSettings.model_fields
    names = {field.validation_alias or f"ASL_{name.upper()}": field for name, field in fields.items()}
    assert rows == {name: f"`{field.default}`" if field.default else "" for name, field in names.items()}


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_examples_of_the_page_run(spelling, right_hand, tmp_path):
    """Every curl command about letters, but for the address."""
    Image.fromarray(right_hand).save(tmp_path / "hand.jpg")
    commands = [
        shlex.split(line, comments=True)
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("curl") and "/asl/" in line
    ]
    assert len(commands) >= 2
    for words in commands:
        here = [word.replace("http://127.0.0.1:8765", spelling.url) for word in words]
        run = subprocess.run([*here, "--silent", "--fail"], capture_output=True, check=True)
        assert b'"handedness":"right"' in run.stdout


def test_the_first_line_of_a_start_that_fails(monkeypatch):
    monkeypatch.setenv("ASL_MAX_NUM_HANDS", "many")
    run = CliRunner().invoke(command, ["--no-open"])
    assert isinstance(run.exception, RecipeError)
    assert str(run.exception).startswith("ASL_MAX_NUM_HANDS: ")
