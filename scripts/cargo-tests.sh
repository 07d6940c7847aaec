#!/usr/bin/env bash
# All tests that cargo runs; those that drive a whole server a second time, on
# PostgreSQL. scripts/with-postgres.sh says where that is.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

export CARGO_TARGET_DIR="$CACHE/target"
export PORTOLAN_TEST_ALL=1 # Here nothing may be left out because it is missing.
# The official conformance suite is not part of the repository; where it was built, it is run.
if [ -z "${OCI_CONFORMANCE:-}" ] && [ -x "$CACHE/oci-conformance" ]; then
    export OCI_CONFORMANCE="$CACHE/oci-conformance"
fi
PORTOLAN_SOAK_S=120 "$ROOT/scripts/rust-tests.sh"
PORTOLAN_TEST_ENGINE=postgres "$ROOT/scripts/rust-tests.sh" --test integration -- distribution:: tags:: jobs:: collect::crowd:: collect::promises:: pages:: crawl:: conformance::registry:: conformance::write_registry:: rebuild:: pulls:: identity:: surface::
