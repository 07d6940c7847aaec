#!/usr/bin/env bash
# Builds the peer that Debian does not ship, CNCF distribution v3, with Go into cache/peers, where
# `make bench` finds it. By hand and never in CI, like make clients: it takes two cores minutes.
#
# zot takes part in `make bench` as well where cache/peers/zot is a program of that name (a build
# without extensions, its commit in --version). Its modules are not served to Go here, so whoever
# measures beside it puts it there; the bench goes without it otherwise.
#
#   benches/peers.sh
#   GOFLAGS=-p=1 nice benches/peers.sh           beside other work
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../scripts/lib.sh"

PEERS=$CACHE/peers
MODULE=github.com/distribution/distribution/v3
VERSION=v3.1.2

have go || fail "Go is missing, and distribution v3 is built with it; nothing else in the bench needs it." \
    "Install Go 1.26 or newer (https://go.dev/dl) and run benches/peers.sh again."
mkdir -p "$PEERS" "$CACHE/logs"
locked peers
if [ -x "$PEERS/registry" ] && LC_ALL=C grep -aqF "mod	$MODULE	$VERSION	" "$PEERS/registry"; then
    say "distribution ${VERSION#v} is in $PEERS"
    exit
fi
say "building distribution ${VERSION#v}" "2 min, once"
work=$(mktemp -d "$CACHE/peers.XXXXXX")
trap 'rm -rf "$work"' EXIT
log=$CACHE/logs/peers.log
if ! (cd "$work" && GOBIN="$work" CGO_ENABLED=0 go install -trimpath -ldflags='-s -w' "$MODULE/cmd/registry@$VERSION") >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    fail "distribution $VERSION could not be built; the whole log is $log"
fi
mv "$work/registry" "$PEERS/registry"
say "distribution ${VERSION#v} is in $PEERS"
