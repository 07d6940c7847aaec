#!/usr/bin/env bash
# The browser journeys of end2end/ against the release binary, which Playwright's
# configuration starts by itself. Playwright comes from the cache: NODE_PATH finds
# it, and there is no node_modules in the checkout. Arguments go to Playwright.
#
#   scripts/end2end.sh --project phone -g image                   some of them
#   PORTOLAN_README=1 scripts/end2end.sh --project readme         the README's pictures
#   PORTOLAN_BINARY=path/to/portolan scripts/end2end.sh           another binary
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

"$ROOT/scripts/fixtures.sh"
export PYTHONPATH="$CACHE/python" PORTOLAN_KEYCLOAK="$CACHE/keycloak"
export PORTOLAN_TEST_FIXTURES="$FIXTURES" PORTOLAN_BINARY="${PORTOLAN_BINARY:-$ROOT/target/release/portolan}"
[ -x "$PORTOLAN_BINARY" ] || fail "there is no $PORTOLAN_BINARY: run make build first"
cd end2end
exec node "$NODE_PATH/@playwright/test/cli.js" test "$@"
