#!/usr/bin/env bash
# Leaves the one self-contained release binary at target/release/portolan, its
# front-end (target/site) embedded. Does nothing when no source is newer than the
# binary; FORCE=1 builds all the same. The compiler works in the cache, so that a
# second clone has the dependencies already.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

BINARY=target/release/portolan

# Folders count as well: a removed file changes only its folder's time.
up_to_date() {
    [ "${FORCE:-}" != 1 ] && [ -x "$BINARY" ] && [ -z "$(find src style public Cargo.toml Cargo.lock build.rs .cargo \
        scripts/build.sh -newer "$BINARY" -print -quit 2>/dev/null)" ]
}

"$ROOT/scripts/setup.sh" build
if up_to_date; then
    say "$BINARY is up to date"
    exit 0
fi
use_tools
locked target-release

# What is only driven in a browser need not be as fast as what is shipped, and is built in half the time.
if [ -n "${CI:-}" ]; then
    export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1
fi
say "building the browser half and the server in release mode" "20 min on two cores"
mkdir -p target/release
started=$BINARY.started
: >"$started"
export CARGO_TARGET_DIR="$CACHE/target-release"
rm -rf target/site # files of earlier builds have other hashes in their names and would be embedded too
cargo leptos build --release --precompress

built=$CARGO_TARGET_DIR/release/portolan
[ -x "$built" ] || fail "cargo-leptos ended well but left no $built"
# Beside and renamed: a running server keeps its own file. The time is that of the
# start, so that a source edited meanwhile is newer.
cp "$built" "$BINARY.new"
touch -r "$started" "$BINARY.new"
rm "$started"
mv "$BINARY.new" "$BINARY"
say "$BINARY is ready: $(du -h "$BINARY" | cut -f 1)B, built in $SECONDS s"
