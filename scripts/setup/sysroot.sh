# shellcheck shell=bash
# Debian's compiler where rustup cannot help. Debian ships no standard library
# for wasm32, but its sources: they are built once into a private sysroot in the
# cache, and cache/rust/env (read by lib.sh) makes cargo use it. The links in
# cache/rust/bin put this compiler, and nothing else of /usr/bin, first in PATH.

DEBIAN_RUST=$CACHE/rust

debian_compiler_is_ready() {
    [ -f "$DEBIAN_RUST/env" ] && [ "$(cat "$DEBIAN_RUST/stamp" 2>/dev/null)" = "$(/usr/bin/rustc --version 2>/dev/null)" ]
}

want_debian_compiler() {
    local package
    for package in rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web; do
        installed "$package" || want_package "$package"
    done
    wasm_linker >/dev/null || want_package lld-19
}

wasm_linker() {
    compgen -G '/usr/lib/llvm-*/bin/wasm-ld' | sort -V | tail -n 1 | grep .
}

build_debian_sysroot() {
    say "building Rust's standard library for the browser half" "1 min, once"
    local work host linker
    host=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
    linker=$(wasm_linker) || fail "wasm-ld is missing: apt-get install lld-19"
    rm -rf "$DEBIAN_RUST"
    work=$DEBIAN_RUST/work
    mkdir -p "$work/src" "$DEBIAN_RUST/bin" "$DEBIAN_RUST/sysroot/lib/rustlib/$WASM/lib"
    link_debian_commands
    printf '[package]\nname = "nothing"\nedition = "2024"\n[lib]\ncrate-type = ["cdylib"]\n[workspace]\n' >"$work/Cargo.toml"
    : >"$work/src/lib.rs"
    (
        cd "$work"
        PATH="$DEBIAN_RUST/bin:$PATH" RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$work/target" \
            CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$linker" \
            cargo build --release -Zbuild-std=std,panic_abort --target "$WASM"
    ) >"$DEBIAN_RUST/build.log" 2>&1 || { tail -n 20 "$DEBIAN_RUST/build.log" >&2; fail "the standard library did not build; the whole log is $DEBIAN_RUST/build.log"; }
    find "$work/target/$WASM/release/deps" -name '*.rlib' ! -name 'libnothing*' \
        -exec cp {} "$DEBIAN_RUST/sysroot/lib/rustlib/$WASM/lib/" \;
    ln -s "/usr/lib/rustlib/$host" "$DEBIAN_RUST/sysroot/lib/rustlib/$host"
    rm -rf "$work"
    write_rust_env "$linker"
    /usr/bin/rustc --version >"$DEBIAN_RUST/stamp"
}

link_debian_commands() {
    local command
    for command in cargo rustc rustdoc rustfmt cargo-fmt cargo-clippy clippy-driver; do
        [ -x "/usr/bin/$command" ] && ln -sf "/usr/bin/$command" "$DEBIAN_RUST/bin/$command"
    done
    return 0
}

# The flags of one target do not touch build scripts and macros; they join those that
# .cargo/config.toml has for it.
write_rust_env() {
    cat >"$DEBIAN_RUST/env" <<ENV
first_in_path "$DEBIAN_RUST/bin"
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$1"
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="--sysroot=$DEBIAN_RUST/sysroot"
ENV
}
