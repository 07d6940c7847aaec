#!/usr/bin/env bash
# `make check`, the quick inner loop: format, lints of both halves, architecture,
# unit tests, and the contrast of the colours.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

"$ROOT/scripts/setup.sh" test
use_tools
export CARGO_TARGET_DIR="$CACHE/target"

say "format" "1 s"
cargo fmt --check
say "lints of the server half" "3 min the first time"
cargo clippy --quiet --no-default-features --features ssr --all-targets -- -D warnings
say "lints of the browser half" "1 min the first time"
cargo clippy --quiet --no-default-features --features hydrate --target wasm32-unknown-unknown --lib -- -D warnings
say "unit tests and architecture" "4 min the first time"
"$ROOT/scripts/rust-tests.sh" --quiet --lib
"$ROOT/scripts/rust-tests.sh" --quiet --test integration architecture
say "contrast of the colours" "1 s"
node style/contrast.mjs
