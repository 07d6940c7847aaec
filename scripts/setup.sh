#!/usr/bin/env bash
# Checks what building (`build`, the default; `image`), filling (`demo`), testing
# (`test`) or measuring (`bench`) needs, and installs what is missing. Under a second
# when nothing is. The system's packages are listed and asked for once; all the rest
# goes to the cache (see lib.sh).
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
for part in packages rust sysroot tools node python; do
    # shellcheck source=/dev/null
    . "$ROOT/scripts/setup/$part.sh"
done

PURPOSE=${1:-build}
locked setup

case $PURPOSE in
    build | image | test | bench)
        want_commands cc:build-essential make:make git:git curl:curl
        ;;
    demo) ;;
    *) fail "setup.sh knows build, image, demo, test and bench, not '$PURPOSE'" ;;
esac
case $PURPOSE in
    demo | test | bench)
        want_commands skopeo:skopeo zstd:zstd python3:python3 curl:curl
        ;;&
    test | bench)
        want_commands docker-registry:docker-registry jq:jq brotli:brotli
        want_postgresql
        want_nginx
        ;;&
    test)
        want_pip
        want_commands buildah:buildah podman:podman umoci:umoci strace:strace chromium-headless-shell:chromium-headless-shell busybox:busybox-static openssl:openssl
        ;;
    bench) want_commands wrk:wrk ;;
    image) want_commands buildah:buildah ;;
esac

if [ "$PURPOSE" != demo ]; then
    want_node
    choose_compiler
    choose_cargo_leptos
fi
install_wanted_packages
if [ "$PURPOSE" != demo ]; then
    ready_compiler
    ready_wasm_bindgen
    ready_cargo_leptos
    ready_node
    ready_npm "$PURPOSE"
fi
if [ "$PURPOSE" = test ]; then ready_pip; fi
