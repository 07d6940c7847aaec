#!/usr/bin/env bash
# `make dist`: target/dist/portolan-VERSION-linux-MACHINE.tar.gz for a server without
# a compiler: the release binary, its unit of systemd, and the recipes of packaging/.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

BINARY=target/release/portolan
VERSION=$(version)
NAME=portolan-$VERSION-linux-$(machine)

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

# A unit names its binary where that will be, which systemd-analyze looks for here.
check_unit() {
    have systemd-analyze || return 0
    sed "s|^ExecStart=/usr/local/bin/|ExecStart=$WORK/$NAME/|" packaging/portolan.service >"$WORK/portolan.service"
    systemd-analyze verify "$WORK/portolan.service" || fail "packaging/portolan.service is not what systemd expects"
}

# The binary runs where the C library is as new as the newest of its symbols.
oldest_libc() {
    grep -aoE 'GLIBC_2\.[0-9]+' "$BINARY" | sort -uV | tail -n 1 | cut -d _ -f 2
}

"$ROOT/scripts/build.sh"
grep -q "localhost/portolan:$VERSION" packaging/compose.yaml || fail "packaging/compose.yaml does not name version $VERSION"
mkdir -p "$WORK/$NAME" target/dist
install -m 755 "$BINARY" "$WORK/$NAME/"
install -m 644 packaging/* LICENSE README.md CHANGELOG.md "$WORK/$NAME/"
check_unit
tar --sort=name --mtime="@$(moment)" --owner=0 --group=0 --numeric-owner -C "$WORK" -c "$NAME" | gzip -n >"$WORK/$NAME.tar.gz"
mv "$WORK/$NAME.tar.gz" target/dist/
(cd target/dist && sha256sum "$NAME.tar.gz" >"$NAME.tar.gz.sha256")
say "target/dist/$NAME.tar.gz is ready: $(du -h "target/dist/$NAME.tar.gz" | cut -f 1)B, for glibc $(oldest_libc) or newer"
