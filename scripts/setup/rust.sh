# shellcheck shell=bash
# One compiler for both halves of the console: the one in PATH when it is recent
# enough and has the standard library for wasm32, or can get it from rustup; else
# Debian's (sysroot.sh). Two compilers would mean two target folders.

WASM=wasm32-unknown-unknown
COMPILER=path # or debian

oldest_rustc() {
    sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml
}

rustc_version() {
    "$1" --version 2>/dev/null | awk '{ print $2 }'
}

has_wasm() {
    local folder
    folder=$(rustc --print target-libdir --target "$WASM" 2>/dev/null) && compgen -G "$folder/libcore-*.rlib" >/dev/null
}

path_compiler_is_good() {
    [ "${PORTOLAN_RUST:-}" != debian ] || return 1
    have cargo && version_at_least "$(rustc_version rustc)" "$(oldest_rustc)" || return 1
    has_wasm && return 0
    have rustup || return 1
    say "adding the target $WASM with rustup" "10 s"
    rustup target add "$WASM" >"$CACHE/rustup.log" 2>&1 && has_wasm
}

choose_compiler() {
    if debian_compiler_is_ready; then
        COMPILER=debian
    elif path_compiler_is_good; then
        COMPILER=path
    elif is_debian && apt-cache show rustc-web >/dev/null 2>&1; then
        COMPILER=debian
        want_debian_compiler
    else
        fail "A Rust toolchain is needed: $(oldest_rustc) or newer, with the target $WASM." \
            "Get it with rustup (https://rustup.rs), or bring the one you have up to date:" \
            "rustup update stable && rustup target add $WASM"
    fi
}

ready_compiler() {
    if [ "$COMPILER" = debian ]; then
        debian_compiler_is_ready || build_debian_sysroot
        use_tools
    fi
    case $PURPOSE in test | bench) ready_lints ;; esac
}

# rustup's minimal profile comes without the two that `make check` runs.
ready_lints() {
    has_lints && return 0
    if [ "$COMPILER" = path ] && have rustup; then
        rustup component add clippy rustfmt >>"$CACHE/rustup.log" 2>&1 || true
    fi
    has_lints || fail "cargo fmt or cargo clippy is missing: install both beside $(command -v cargo)"
}

has_lints() {
    cargo clippy --version >/dev/null 2>&1 && cargo fmt --version >/dev/null 2>&1
}
