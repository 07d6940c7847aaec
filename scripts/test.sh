#!/usr/bin/env bash
# `make test`: sets up whatever is missing and passes every test, on both
# databases and in a real browser. Says at the end how long each step took.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

TIMES=()

# step NAME COMMAND...
step() {
    local name=$1 started=$SECONDS
    shift
    printf '\n━━ %s\n' "$name"
    "$@"
    TIMES+=("$(printf '%5d s  %s' $((SECONDS - started)) "$name")")
}

report() {
    local status=$?
    printf '\n'
    printf '%s\n' "${TIMES[@]}"
    printf '%5d s  in all\n' "$SECONDS"
    if [ "$status" = 0 ]; then say "every test passed"; else printf '✘ stopped by the step after these\n' >&2; fi
}
trap report EXIT

step "set-up" "$ROOT/scripts/setup.sh" test
use_tools
step "check" "$ROOT/scripts/check.sh"
step "sample images" "$ROOT/scripts/fixtures.sh"
step "unit, integration and documentation tests" "$ROOT/scripts/with-postgres.sh" "$ROOT/scripts/cargo-tests.sh"
step "release build" "$ROOT/scripts/build.sh"
step "browser journeys" "$ROOT/scripts/end2end.sh"
