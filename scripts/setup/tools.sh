# shellcheck shell=bash
# The two cargo tools of the build, into cache/tools. Debug builds on purpose:
# their release profiles take twenty minutes on two cores and save a second a run.

CARGO_LEPTOS=0.3.11
CARGO_LEPTOS_RUSTC=1.96 # what its lock file needs

# The browser half and this tool must be of the very same version.
wasm_bindgen_wanted() {
    grep -A 1 '^name = "wasm-bindgen"$' Cargo.lock | sed -n 's/^version = "\(.*\)"/\1/p'
}

has_tool() { # COMMAND VERSION
    [ -x "$CACHE/tools/bin/$1" ] && [ "$("$CACHE/tools/bin/$1" --version 2>/dev/null | awk '{ print $NF }')" = "$2" ]
}

# The system's packages are asked for once, so whether Debian's compiler is needed
# for this tool is found out before.
choose_cargo_leptos() {
    has_tool cargo-leptos "$CARGO_LEPTOS" && return 0
    ready_made_cargo_leptos && return 0
    [ "$COMPILER" = debian ] && return 0
    version_at_least "$(rustc_version rustc)" "$CARGO_LEPTOS_RUSTC" && return 0
    if ! is_debian || ! apt-cache show rustc-web >/dev/null 2>&1; then
        fail "cargo-leptos $CARGO_LEPTOS needs rustc $CARGO_LEPTOS_RUSTC or newer to be built: rustup update stable"
    fi
    for package in rustc-web cargo-web; do
        installed "$package" || want_package "$package"
    done
}

ready_made_cargo_leptos() {
    have cargo-binstall || return 1
    say "fetching cargo-leptos $CARGO_LEPTOS ready-made" "20 s"
    timeout 180 cargo binstall --no-confirm --disable-strategies compile --root "$CACHE/tools" \
        "cargo-leptos@$CARGO_LEPTOS" >"$CACHE/binstall.log" 2>&1 && has_tool cargo-leptos "$CARGO_LEPTOS"
}

ready_cargo_leptos() {
    has_tool cargo-leptos "$CARGO_LEPTOS" && return 0
    say "building cargo-leptos $CARGO_LEPTOS" "7 min on two cores, once"
    local path=$PATH
    if ! version_at_least "$(rustc_version rustc)" "$CARGO_LEPTOS_RUSTC"; then path=/usr/bin:$PATH; fi
    PATH=$path cargo_install cargo-leptos --version "$CARGO_LEPTOS" --locked --features no_downloads
}

# Not --locked: one of its locked dependencies has been withdrawn. Cargo then
# chooses versions that the compiler at hand can build.
ready_wasm_bindgen() {
    local version
    version=$(wasm_bindgen_wanted)
    has_tool wasm-bindgen "$version" && return 0
    say "building wasm-bindgen $version" "1 min, once"
    CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS=fallback \
        cargo_install wasm-bindgen-cli --version "$version" --no-default-features --bin wasm-bindgen
}

cargo_install() {
    local log=$CACHE/logs/$1.log
    mkdir -p "$CACHE/logs" "$CACHE/tools"
    # Away from the checkout, whose .cargo/config.toml is for Portolan alone.
    (cd "$CACHE" && CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR="$CACHE/tools-target" RUSTFLAGS='' \
        cargo install "$@" --debug --force --root "$CACHE/tools") >"$log" 2>&1 ||
        { tail -n 20 "$log" >&2; fail "$1 could not be built; the whole log is $log"; }
    rm -rf "$CACHE/tools-target"
}
