#!/usr/bin/env bash
# `make bench`: measures the release binary beside its peers in the same run and
# writes the results to benches/results/. Arguments go to the frame in benches/.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

"$ROOT/scripts/setup.sh" bench
"$ROOT/scripts/build.sh"
"$ROOT/scripts/fixtures.sh"
use_tools
export PORTOLAN_TEST_FIXTURES="$FIXTURES" PORTOLAN_BINARY="$ROOT/target/release/portolan"
exec python3 benches/run.py "$@"
