# shellcheck shell=bash
# Node and the npm modules: Tailwind, wasm-opt and esbuild for the build,
# Playwright and axe for the tests. Their versions are locked in scripts/npm.

OLDEST_NODE=20
OWN_NODE=22.16.0

want_node() {
    want_commands node:nodejs npm:npm
}

# Debian 12's Node is too old for Tailwind; npm serves Node itself as a package.
ready_node() {
    version_at_least "$(node --version | tr -d v)" "$OLDEST_NODE" && return 0
    say "fetching Node $OWN_NODE" "20 s, once"
    local machine
    case $(uname -m) in
        x86_64) machine=x64 ;;
        aarch64) machine=arm64 ;;
        *) fail "Node $OLDEST_NODE or newer is needed; this machine has $(node --version)" ;;
    esac
    npm_quietly install --prefix "$CACHE/node" --no-save "node-linux-$machine@$OWN_NODE"
    mkdir -p "$CACHE/node/bin"
    ln -sf "../node_modules/node-linux-$machine/bin/node" "$CACHE/node/bin/node"
    hash -r
}

# ready_npm PURPOSE: a full set also serves the build.
ready_npm() {
    local lock all omit=(--omit=dev) stamp
    lock=$(sha256sum <scripts/npm/package-lock.json)
    all="all $lock"
    stamp="build $lock"
    case $1 in test | bench) omit=() stamp=$all ;; esac
    case $(cat "$CACHE/npm/stamp" 2>/dev/null) in "$stamp" | "$all") return 0 ;; esac
    say "installing the npm modules" "20 s, once"
    mkdir -p "$CACHE/npm"
    cp scripts/npm/package.json scripts/npm/package-lock.json "$CACHE/npm/"
    npm_quietly ci --prefix "$CACHE/npm" --ignore-scripts "${omit[@]}"
    echo "$stamp" >"$CACHE/npm/stamp"
}

npm_quietly() {
    local log=$CACHE/logs/npm.log
    mkdir -p "$CACHE/logs"
    npm "$@" --no-audit --no-fund --no-progress >"$log" 2>&1 ||
        { tail -n 20 "$log" >&2; fail "npm failed; the whole log is $log"; }
}
