#!/bin/sh
# Make sure that there is a Chromium for the test of the page (tests/serve/test_page.py); prints where it is.
#
# As root on Debian or Ubuntu it is installed when missing. Otherwise this says what to install, and the test
# is skipped with that reason. CHEREME_BROWSER names another browser of Chromium's family.
set -eu

find_browser() {
    for candidate in ${CHEREME_BROWSER:+"$CHEREME_BROWSER"} chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$candidate" 2>/dev/null; then
            return
        fi
    done
    return 1
}

find_browser && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "browser: installing chromium" >&2
    apt-get update -qq >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >&2 || true
    find_browser && exit 0
fi
echo "browser: no Chromium here; install it (Debian, Ubuntu: apt install chromium), or name one in CHEREME_BROWSER" >&2
exit 1
