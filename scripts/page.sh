#!/bin/sh
# Build the page into src/chereme/serve/page, when its sources are newer than what is there.
#
# Needs Node 20.19 or newer. Where there is none this says so and ends well: the service then shows how to get the
# page, and the tests of the page are skipped. Packages come from web/package-lock.json alone, and run no scripts.
set -eu
cd "$(dirname "$0")/../web"
built=../src/chereme/serve/page
stamp=node_modules/.built

fresh() {
    [ -f "$stamp" ] && [ -f "$built/sw.js.gz" ] && [ -z "$(find . -path ./node_modules -prune -o -type f -newer "$stamp" -print | head -n 1)" ]
}

fresh && exit 0
supported='const [major, minor] = process.versions.node.split(".").map(Number);
process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)'
if ! node -e "$supported" 2>/dev/null || ! command -v npm >/dev/null 2>&1; then
    echo "page: not built: it needs Node 20.19 or newer with npm, found $(node --version 2>/dev/null || echo none)" >&2
    exit 0
fi
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    echo "page: fetching what package-lock.json names; the first time takes about half a minute"
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
fi
echo "page: building"
npm run --silent build -- --logLevel warn
touch "$stamp"
