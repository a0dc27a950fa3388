"""The recognizer of the page, in Node, computes of drawn signs what Python computes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"


def test_features_and_answers_are_those_of_python(tmp_path):
    """Features within 1e-4 (more only of landmarks far outside the picture), probabilities within 1e-3."""
    node, vitest = shutil.which("node"), WEB / "node_modules" / "vitest" / "vitest.mjs"
    if not (node and vitest.is_file()):
        pytest.skip("no Node, or `make page` has not been run: the page's recognizer cannot be tried")
    golden = tmp_path / "golden.json"
    subprocess.run([sys.executable, ROOT / "scripts" / "golden_web.py", golden], check=True, timeout=120)
    report = tmp_path / "report.json"
    done = subprocess.run(
        [node, vitest, "run", "tests/golden.test.ts", "--reporter=json", f"--outputFile={report}"],
        cwd=WEB,
        env={**os.environ, "CHEREME_GOLDEN_WEB": str(golden)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert report.is_file(), done.stderr
    found = json.loads(report.read_text(encoding="utf-8"))
    failed = [
        f"{one['fullName']}: {one['failureMessages'][0][:300]}"
        for file in found["testResults"]
        for one in file["assertionResults"]
        if one["status"] == "failed"
    ]
    assert failed == []
    assert found["numPassedTests"] >= 30
