#!/usr/bin/env bash
# `make bench`: measures the release binary beside its peers in the same run and
# writes the results to benches/results/. Arguments go to the frame in benches/:
# ARGS=--quick (three minutes), ARGS='--rows 1,3', ARGS='--out FOLDER', ARGS=--full
# (row 15 over 177k tags). Beside distribution v3 and zot where cache/peers has them
# (benches/peers.sh). The first whole run makes the data sets of a million tags, 4 GB.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

"$ROOT/scripts/setup.sh" bench
"$ROOT/scripts/build.sh"
use_tools
[ -x /usr/sbin/nginx ] || say "nginx is not installed: rows 2 and 3 go without it (apt-get install nginx-light)"
export PORTOLAN_BINARY="$ROOT/target/release/portolan"
exec python3 benches/run.py "$@"
