#!/usr/bin/env bash
# `make serve`: sets up whatever is missing, builds, and serves in the foreground
# on the embedded default (SQLite and a folder under ./data). Arguments go to
# `portolan serve`; by make: make serve ARGS='--try http://127.0.0.1:5000'.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

"$ROOT/scripts/build.sh"
say "starting Portolan" "1 s"
exec target/release/portolan serve "$@"
