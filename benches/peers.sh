#!/usr/bin/env bash
# Builds the peers that Debian does not ship with Go into cache/peers, where `make bench` and
# the tests of registries elsewhere find them: CNCF distribution v3, and zot from a checkout of
# its source. By hand and never in CI, like make clients: each takes two cores minutes.
#
#   benches/peers.sh
#   GOFLAGS=-p=1 nice benches/peers.sh           beside other work
#   ZOT_SOURCE=~/src/zot benches/peers.sh        zot as well, without extensions
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../scripts/lib.sh"

PEERS=$CACHE/peers
MODULE=github.com/distribution/distribution/v3
VERSION=v3.1.2
LOG=$CACHE/logs/peers.log

# built PROGRAM NAME COMMAND...  the command leaves PROGRAM in the folder $work.
built() {
    local program=$1 name=$2
    shift 2
    say "building $name" "2 min, once"
    if ! "$@" >"$LOG" 2>&1; then
        tail -n 20 "$LOG" >&2
        fail "$name could not be built; the whole log is $LOG"
    fi
    mv "$work/$program" "$PEERS/$program"
    say "$name is in $PEERS"
}

distribution() (
    cd "$work" &&
        GOBIN=$work CGO_ENABLED=0 go install -trimpath -ldflags='-s -w' "$MODULE/cmd/registry@$VERSION"
)

zot() (
    cd "$ZOT_SOURCE" && commit=$(git describe --always --dirty --abbrev=40) &&
        GOEXPERIMENT=jsonv2 CGO_ENABLED=0 go build -trimpath -o "$work/zot" \
            -ldflags="-s -w -X zotregistry.dev/zot/v2/pkg/buildinfo.Commit=$commit" ./cmd/zot
)

have go || fail "Go is missing, and the peers are built with it; nothing else in the bench needs it." \
    "Install Go 1.26 or newer (https://go.dev/dl) and run benches/peers.sh again."
mkdir -p "$PEERS" "$CACHE/logs"
locked peers
work=$(mktemp -d "$CACHE/peers.XXXXXX")
trap 'rm -rf "$work"' EXIT
if [ -x "$PEERS/registry" ] && LC_ALL=C grep -aqF "mod	$MODULE	$VERSION	" "$PEERS/registry"; then
    say "distribution ${VERSION#v} is in $PEERS"
else
    built registry "distribution $VERSION" distribution
fi
if [ -n "${ZOT_SOURCE:-}" ]; then built zot "zot of $ZOT_SOURCE" zot; fi
