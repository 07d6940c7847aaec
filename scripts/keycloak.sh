#!/usr/bin/env bash
# Keycloak for the journeys, into cache/keycloak: a real provider of people that takes part where it is there, and says
# so where it is not. By hand and never in continuous integration, like the clients of `make clients`: 160 MB, and
# somebody else's release must not decide whether Portolan is built. Needs Java 17 or newer, and Maven to fetch it.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

KEYCLOAK=26.5.6
SHA256=490189d9dff05272432d51f71a069462eeca97f2920a694d539a1e6c26a5a347

locked keycloak
[ "$(cat "$CACHE/keycloak/stamp" 2>/dev/null)" = "$SHA256" ] && exit 0
for command in java mvn python3; do
    have "$command" || fail "$command is needed for Keycloak"
done

work=$(mktemp -d "$CACHE/keycloak.XXXXXX")
trap 'rm -rf "$work"' EXIT
say "fetching Keycloak $KEYCLOAK" "1 min, once"
mvn -q dependency:copy -Dartifact="org.keycloak:keycloak-quarkus-dist:$KEYCLOAK:zip" -DoutputDirectory="$work"
archive=$work/keycloak-quarkus-dist-$KEYCLOAK.zip
echo "$SHA256  $archive" | sha256sum --check --quiet
python3 -m zipfile -e "$archive" "$work"

# Once, so that each start is quick: people in memory, and no search for other nodes.
say "preparing it" "1 min, once"
KC_DB=dev-mem bash "$work/keycloak-$KEYCLOAK/bin/kc.sh" build >"$work/log" 2>&1 ||
    { tail -n 20 "$work/log" >&2; fail "Keycloak could not be prepared"; }
rm -rf "$CACHE/keycloak"
mv "$work/keycloak-$KEYCLOAK" "$CACHE/keycloak"
echo "$SHA256" >"$CACHE/keycloak/stamp"
