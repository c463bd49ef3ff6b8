#!/bin/sh
# The report is tested in a real browser. Where there is none and Debian's packages can be had, install one;
# elsewhere the browser tests skip and say why.
set -eu
if command -v chromium >/dev/null || command -v google-chrome >/dev/null || command -v chromium-browser >/dev/null; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -q >/dev/null && apt-get install -y -q --no-install-recommends chromium fonts-dejavu-core >/dev/null
else
    echo "no Chromium here: the report's browser tests will be skipped (install chromium to run them)"
fi
