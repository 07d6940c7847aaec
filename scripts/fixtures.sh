#!/usr/bin/env bash
# The sample images of tests and demo: real multi-platform OCI layouts around
# Debian's static busybox, one folder each under cache/fixtures. Nothing to do
# when they are there and were made by the present scripts.
#
# apt works in a state folder of its own, so that the system's architectures and
# package lists stay as they are.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

PLATFORMS=(amd64 arm64)

stamp=$(cat scripts/fixtures.sh scripts/fixtures/*.py | sha256sum)
[ "$(cat "$FIXTURES/stamp" 2>/dev/null)" = "$stamp" ] && exit 0
locked fixtures
"$ROOT/scripts/setup.sh" demo

# fetch PACKAGE ARCHITECTURE: the package's file in cache/debs.
fetch() {
    local folder=$CACHE/debs/$2 state=$CACHE/debs/$2/apt
    compgen -G "$folder/$1_*.deb" && return
    have apt-get || fail "the sample images are made of Debian packages, and there is no apt-get here"
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
    private_apt "$2" "$state" >"$state/conf"
    # A third-party source without this architecture is no reason to stop.
    apt-get -q -c "$state/conf" update >"$state/log" 2>&1 || true
    (cd "$folder" && apt-get -q -c "$state/conf" download "$1" >>"$state/log" 2>&1) ||
        { cat "$state/log" >&2; fail "apt could not fetch $1 for $2"; }
    rm -rf "$state"
    compgen -G "$folder/$1_*.deb"
}

# The hooks that container images set after an update remove the archives of an
# installation that may run at the same time.
private_apt() { # ARCHITECTURE STATE
    cat <<CONF
APT::Architecture "$1";
#clear APT::Architectures;
APT::Architectures { "$1"; };
APT::Sandbox::User "root";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Dir::State "$2";
Dir::State::lists "$2/lists";
Dir::Cache "$2/cache";
CONF
}

say "making the sample images from Debian packages" "30 s, once"
work=$(mktemp -d "$CACHE/fixtures.XXXXXX")
trap 'rm -rf "$work"' EXIT
roots=()
for platform in "${PLATFORMS[@]}"; do
    mkdir -p "$CACHE/debs/$platform"
    package=$(fetch busybox-static "$platform" | tail -n 1)
    dpkg-deb -x "$package" "$work/$platform"
    roots+=("$platform=$work/$platform")
done
python3 -B scripts/fixtures "$work/images" "${roots[@]}"
echo "$stamp" >"$work/images/stamp"
rm -rf "$FIXTURES"
mv "$work/images" "$FIXTURES"
