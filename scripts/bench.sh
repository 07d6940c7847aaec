#!/usr/bin/env bash
# `make bench`: measures the release binary beside its peers in the same run and
# writes the results to benches/results/. Arguments go to the frame in benches/:
# ARGS=--quick (two minutes), ARGS='--rows 1,3', ARGS=--full (row 15 over 177k tags).
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

"$ROOT/scripts/setup.sh" bench
"$ROOT/scripts/build.sh"
use_tools
[ -x /usr/sbin/nginx ] || say "nginx is not installed: row 3 goes without it (apt-get install nginx-light)"
export PORTOLAN_BINARY="$ROOT/target/release/portolan"
exec python3 benches/run.py "$@"
