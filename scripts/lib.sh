# shellcheck shell=bash
# What every script shares: where things live, how it speaks, which tools it finds.
#
# Sourced, never run. Everything that is installed or built for Portolan besides
# system packages lives in one cache outside the checkout, so that a second clone
# starts warm and removing that one folder undoes it all. The only files left in
# the checkout are target/release/portolan, target/site and target/dist.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${PORTOLAN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/portolan}
FIXTURES=$CACHE/fixtures
export ROOT CACHE FIXTURES
mkdir -p "$CACHE"
cd "$ROOT" || exit

# say TEXT [HOW LONG]: announces a step before it is taken.
say() {
    printf '▸ %s%s\n' "$1" "${2:+ (about $2)}"
}

# fail TEXT...: one line each on stderr, what to do next included, and the end.
fail() {
    printf '✘ %s\n' "$1" >&2
    shift
    if [ $# -gt 0 ]; then printf '  %s\n' "$@" >&2; fi
    exit 1
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# version_at_least HAVE WANT
version_at_least() {
    [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

# version: what Cargo.toml says of itself.
version() {
    sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1
}

# machine: this machine's kind, as images call it.
machine() {
    case $(uname -m) in
        x86_64) echo amd64 ;;
        aarch64) echo arm64 ;;
        *) uname -m ;;
    esac
}

# moment: the time that everything in a package gets, so that the same is packed alike.
moment() {
    echo "${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y Cargo.toml)}"
}

# as_root COMMAND...: installs packages whoever calls us.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# locked NAME: two runs at once take turns on the same part of the cache.
locked() {
    exec {LOCK_FD}>"$CACHE/$1.lock"
    if ! flock -n "$LOCK_FD"; then
        say "waiting for another run that holds $CACHE/$1.lock"
        flock "$LOCK_FD"
    fi
}

# use_tools: puts what setup.sh installed in front of PATH, and Debian's compiler
# with its own wasm32 library too where setup.sh had to fall back on it.
use_tools() {
    first_in_path "$CACHE/node/bin"
    first_in_path "$CACHE/npm/node_modules/.bin"
    first_in_path "$CACHE/tools/bin"
    export NODE_PATH="$CACHE/npm/node_modules"
    if [ -f "$CACHE/rust/env" ]; then
        # shellcheck source=/dev/null
        . "$CACHE/rust/env"
    fi
}

# Once only, however many scripts call each other.
first_in_path() {
    case ":$PATH:" in
        *":$1:"*) ;;
        *) export PATH="$1:$PATH" ;;
    esac
}

use_tools
