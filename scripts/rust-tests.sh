#!/usr/bin/env bash
# Passes what `cargo test` runs with these arguments. Up to three tests that fail are
# named and run once more, by themselves: a machine that does much else loses a race
# now and then. One that fails again, a crash, and more than three end it.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

MOST=3
tests=(cargo test --no-default-features --features ssr --no-fail-fast)
log=$(mktemp)
trap 'rm -f "$log"' EXIT

if "${tests[@]}" "$@" 2>&1 | tee "$log"; then exit 0; fi

mapfile -t failed < <(sed -nE 's/^    ([a-z0-9_]+(::[a-z0-9_]+)+)$/\1/p' "$log" | sort -u)
counted=$(sed -nE 's/^test result: FAILED\. [0-9]+ passed; ([0-9]+) failed.*/\1/p' "$log" | awk '{n += $1} END {print n + 0}')
if [ "${#failed[@]}" = 0 ] || [ "${#failed[@]}" -gt "$MOST" ] || [ "${#failed[@]}" != "$counted" ] \
    || grep -q '(signal: ' "$log"; then
    exit 1
fi
say "once more, by themselves: ${failed[*]}"
"${tests[@]}" --lib --test integration -- --exact "${failed[@]}"
