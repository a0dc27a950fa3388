#!/bin/sh
# Make .venv hold what the lock files name, and chereme itself, editable.
#
# Every pip call has --no-deps: the lock files are already whole, and pip following mediapipe's own list would
# fetch jax, a second OpenCV and an audio stack that nothing here uses (docs/install.md).
set -eu
cd "$(dirname "$0")/.."

supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))'

find_python() {
    for candidate in ${PYTHON:+"$PYTHON"} python3.11 python3.12 python3 python; do
        if "$candidate" -c "$supported" >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
    found=$("${PYTHON:-python3}" --version 2>/dev/null || echo "none")
    echo "setup: chereme needs Python 3.11 or 3.12, found $found; install one, or name it: make setup PYTHON=/path/to/python3.11" >&2
    return 1
}

# The stamp names the folder too: an editable install, and the venv's own scripts, point at where they were made.
wanted="$(cat requirements/*.txt pyproject.toml scripts/setup.sh | cksum) $(pwd -P)"
if [ -f .venv/stamp ] && [ "$(cat .venv/stamp)" = "$wanted" ] && .venv/bin/python -c "$supported" 2>/dev/null; then
    exit 0
fi

if ! .venv/bin/python -c "$supported" 2>/dev/null || [ "$(.venv/bin/python -c 'import sys; print(sys.prefix)')" != "$(pwd -P)/.venv" ]; then
    python=$(find_python)
    echo "setup: making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv || {
        echo "setup: $python cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2
        exit 1
    }
fi

echo "setup: installing what requirements/*.txt name; the first time takes some minutes"
pip() { .venv/bin/python -m pip --disable-pip-version-check "$@"; }
pip install -qq --no-deps -r requirements/base.txt -r requirements/train.txt -r requirements/dev.txt
pip install -qq --no-deps --no-build-isolation -e .

# Only training needs torch, so a build of it that this machine cannot load must not keep the rest from working.
.venv/bin/python -c 'import torch' 2>/dev/null || echo "setup: torch was installed but cannot be loaded, so" \
    "training, export and the tests will fail; docs/install.md says how to get the plain CPU build" >&2

echo "$wanted" >.venv/stamp
echo "setup: done"
