#!/bin/sh
# The browser tests want Debian's Chromium. Where it is missing and we may install it, we do;
# elsewhere those tests skip and say so.
command -v chromium >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the browser tests ..."
    (apt-get update -qq && apt-get install -y -qq chromium libpango-1.0-0 libpangoft2-1.0-0) \
        >/dev/null 2>&1 && exit 0
fi
echo "Chromium is not here: the browser tests will be skipped."
