# shellcheck shell=bash
# What the tests take from PyPI: the second OpenID provider of the journeys. Versions and hashes are locked in
# scripts/pip; nothing is built, and nothing of the system's Python is touched.

want_pip() {
    want_commands pip3:python3-pip
}

ready_pip() {
    local stamp log=$CACHE/logs/pip.log
    stamp="$(python3 --version) $(sha256sum <scripts/pip/requirements.txt)"
    [ "$(cat "$CACHE/python/stamp" 2>/dev/null)" = "$stamp" ] && return 0
    say "installing the Python modules" "20 s, once"
    mkdir -p "$CACHE/logs"
    rm -rf "$CACHE/python"
    python3 -m pip install --target "$CACHE/python" --require-hashes --only-binary :all: --no-input \
        --progress-bar off --disable-pip-version-check -r scripts/pip/requirements.txt >"$log" 2>&1 ||
        { tail -n 20 "$log" >&2; fail "pip failed; the whole log is $log"; }
    echo "$stamp" >"$CACHE/python/stamp"
}
