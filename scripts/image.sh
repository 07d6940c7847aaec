#!/usr/bin/env bash
# `make image`: a container image of nothing but the release binary, the libraries
# that it loads and the certificates of public authorities. It stays with buildah,
# where podman sees it, and goes into target/dist as a file that docker and podman
# load. The same binary and commit make the same image.
#
#   CA_BUNDLE=FILE make image    other authorities than Debian's package has
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

BINARY=target/release/portolan
USER_ID=65532
VERSION=$(version)
NAME=localhost/portolan:$VERSION
FILE=target/dist/portolan-$VERSION-linux-$(machine).image.tar

WORK=$(mktemp -d)
CONTAINER=
trap '[ -z "$CONTAINER" ] || buildah rm "$CONTAINER" >/dev/null; rm -rf "$WORK"' EXIT

# put FILE PATH [MODE]: into the image's tree.
put() {
    install -D -m "${3:-644}" "$1" "$WORK/root$2"
}

# What the loader finds for the binary, itself included, each where it is here.
libraries() {
    ldd "$BINARY" | grep -oE '/[^ ]+'
}

# This machine may trust more than the public ones, and that is not the image's business.
authorities() {
    if [ -n "${CA_BUNDLE:-}" ]; then
        cat "$CA_BUNDLE"
    elif compgen -G '/usr/share/ca-certificates/mozilla/*.crt' >/dev/null; then
        cat /usr/share/ca-certificates/mozilla/*.crt
    else
        fail "The certificates of public authorities are not where Debian has them." \
            "Install the package ca-certificates, or name a file of them: CA_BUNDLE=FILE make image"
    fi
}

fill() {
    local library
    umask 022
    put "$BINARY" /usr/local/bin/portolan 755
    for library in $(libraries); do put "$library" "$library" 755; done
    put LICENSE /usr/share/doc/portolan/LICENSE
    authorities >"$WORK/authorities"
    put "$WORK/authorities" /etc/ssl/certs/ca-certificates.crt
    echo "portolan:x:$USER_ID:$USER_ID::/data:/" >"$WORK/root/etc/passwd"
    echo "portolan:x:$USER_ID:" >"$WORK/root/etc/group"
    echo 'hosts: files dns' >"$WORK/root/etc/nsswitch.conf"
    # The configuration is read where the server starts.
    mkdir -p "$WORK/root/etc/portolan" "$WORK/root/tmp" "$WORK/own/data"
    chmod 1777 "$WORK/root/tmp"
    chmod 700 "$WORK/own/data"
}

# Owners are said here, so that nobody has to be root for it.
layer() {
    local same=(--sort=name --mtime="@$(moment)" --numeric-owner)
    tar "${same[@]}" --owner=0 --group=0 -C "$WORK/root" -cf "$WORK/layer.tar" .
    tar "${same[@]}" --owner="$USER_ID" --group="$USER_ID" -C "$WORK/own" -rf "$WORK/layer.tar" data
}

label() {
    buildah config --annotation "org.opencontainers.image.$1=$2" --label "org.opencontainers.image.$1=$2" "$CONTAINER"
}

commit() {
    CONTAINER=$(buildah from scratch)
    buildah add --quiet "$CONTAINER" "$WORK/layer.tar" / >/dev/null
    # An address that is not loopback wants a name besides: PORTOLAN_SERVER__PUBLIC_URL.
    buildah config --created-by 'make image' --user "$USER_ID:$USER_ID" --workingdir /etc/portolan --volume /data --port 8080 \
        --env PATH=/usr/local/bin --env PORTOLAN_DATA__DIR=/data --env PORTOLAN_SERVER__LISTEN=0.0.0.0:8080 \
        --env SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
        --entrypoint '["/usr/local/bin/portolan"]' --cmd serve "$CONTAINER"
    label title Portolan
    label description "$(sed -n 's/^description = "\(.*\)"/\1/p' Cargo.toml)"
    label version "$VERSION"
    label licenses "$(sed -n 's/^license = "\(.*\)"/\1/p' Cargo.toml)"
    buildah commit --quiet --rm --timestamp "$(moment)" "$CONTAINER" "$NAME" >/dev/null
}

# Where a library is missing, here is where it shows. Running leaves traces, so it is done in a container of its own.
try() {
    CONTAINER=$(buildah from "$NAME")
    buildah run --isolation chroot "$CONTAINER" -- /usr/local/bin/portolan --version >/dev/null ||
        fail "the image $NAME does not start"
}

"$ROOT/scripts/setup.sh" image
"$ROOT/scripts/build.sh"
# Older ones look up hosts by libraries that no binary names.
version_at_least "$(getconf GNU_LIBC_VERSION | cut -d ' ' -f 2)" 2.34 || fail "an image is made on glibc 2.34 or newer"
say "making the image" "20 s"
fill
layer
commit
try
mkdir -p target/dist
# Not packed: of what is, every program that loads it takes something else.
buildah push --quiet "$NAME" "docker-archive:$WORK/image.tar:$NAME"
mv "$WORK/image.tar" "$FILE"
say "$NAME is ready, and for other machines (docker load -i, podman load -i): $FILE, $(du -h "$FILE" | cut -f 1)B"
