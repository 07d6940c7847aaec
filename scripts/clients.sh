#!/usr/bin/env bash
# `make clients`: the real clients that Debian does not ship, built with Go into
# cache/clients for tests/clients.rs, which goes without those that are not there.
# By hand and never in CI: it takes eight minutes and some gigabytes of Go's own
# caches, and other people's modules must not decide whether Portolan is built.
#
#   scripts/clients.sh crane oras                some of them
#   GOFLAGS=-p=1 nice make clients               beside other work
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

CLIENTS=$CACHE/clients

# name  module  version  package inside the module  how long on two cores
PINNED='
crane   github.com/google/go-containerregistry  v0.22.1  cmd/crane   1 min
oras    oras.land/oras                          v1.3.6   cmd/oras    1 min
helm    helm.sh/helm/v3                         v3.22.0  cmd/helm    2 min
cosign  github.com/sigstore/cosign/v3           v3.1.3   cmd/cosign  4 min
'

# built NAME MODULE VERSION: Go writes both into the program.
built() {
    [ -x "$CLIENTS/$1" ] && LC_ALL=C grep -aqF "mod	$2	$3	" "$CLIENTS/$1"
}

# build NAME MODULE VERSION PACKAGE HOW-LONG
build() {
    local log=$CACHE/logs/$1.log work
    have go || fail "Go is missing, and $1 is built with it; nothing else here needs it." \
        "Install Go 1.26.7 or newer (https://go.dev/dl) and run make clients again."
    say "building $1 ${3#v}" "$5, once"
    mkdir -p "$CACHE/logs"
    work=$(mktemp -d "$CACHE/clients.XXXXXX")
    # Without C, so that neither a compiler is needed nor a library at run time.
    if ! (cd "$work" && GOBIN="$work" CGO_ENABLED=0 go install -trimpath -ldflags='-s -w' "$2/$4@$3") >"$log" 2>&1; then
        rm -rf "$work"
        tail -n 20 "$log" >&2
        fail "$1 could not be built; the whole log is $log"
    fi
    mv "$work/$1" "$CLIENTS/$1"
    rm -rf "$work"
}

for name in "$@"; do
    grep -q "^$name " <<<"$PINNED" || fail "clients.sh knows $(awk 'NF { printf "%s ", $1 }' <<<"$PINNED")and not '$name'"
done
mkdir -p "$CLIENTS"
locked clients
while read -r name module version package long; do
    [ -n "$name" ] || continue
    [ $# = 0 ] || [[ " $* " = *" $name "* ]] || continue
    built "$name" "$module" "$version" || build "$name" "$module" "$version" "$package" "$long"
done <<<"$PINNED"
say "the clients are in $CLIENTS"
