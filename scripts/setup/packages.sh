# shellcheck shell=bash
# System packages: first every part says what it wants, then the list is shown
# and asked for once, then apt installs it. What a command already provides is
# never asked for, so a machine that has node or skopeo from elsewhere is fine.

WANTED=()

# want_commands COMMAND:PACKAGE...
want_commands() {
    local pair
    for pair in "$@"; do
        have "${pair%%:*}" || want_package "${pair##*:}"
    done
}

# want_package PACKAGE...: whether it is there is the caller's to know.
want_package() {
    local package
    for package in "$@"; do
        case " ${WANTED[*]} " in
            *" $package "*) ;;
            *) WANTED+=("$package") ;;
        esac
    done
}

# Debian keeps the server's programs out of PATH.
want_postgresql() {
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || have initdb || want_package postgresql
}

# And this one out of that of whoever is not root.
want_nginx() {
    [ -x /usr/sbin/nginx ] || want_package nginx
}

# installed PACKAGE: for packages that bring no command of their own name.
installed() {
    have dpkg-query && [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

is_debian() {
    have apt-get && [ -r /etc/os-release ] &&
        (. /etc/os-release && case " ${ID:-} ${ID_LIKE:-} " in *" debian "* | *" ubuntu "*) true ;; *) false ;; esac)
}

# Scripts answer with YES=1; root in CI or without a terminal is not asked.
agreed() {
    if [ "${YES:-}" = 1 ] || [ -n "${CI:-}" ]; then return 0; fi
    if [ ! -t 0 ]; then
        [ "$(id -u)" = 0 ]
        return
    fi
    local answer
    read -r -p "  Install them now? [Y/n] " answer
    case $answer in '' | [Yy]*) true ;; *) false ;; esac
}

install_wanted_packages() {
    [ ${#WANTED[@]} -gt 0 ] || return 0
    if ! is_debian; then
        fail "Please install these first; Portolan installs packages by itself on Debian and Ubuntu only:" \
            "${WANTED[*]}  (Debian's names)"
    fi
    say "these system packages are missing: ${WANTED[*]}"
    agreed || fail "Nothing was installed. To install them and go on:" \
        "apt-get install --no-install-recommends ${WANTED[*]}" "or run the same command with YES=1"
    say "installing them" "1 min"
    local log=$CACHE/logs/packages.log
    mkdir -p "$CACHE/logs"
    # A third-party source that does not answer must not stop us: Debian's own may do.
    as_root apt-get update -q >"$log" 2>&1 || true
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${WANTED[@]}" \
        >>"$log" 2>&1 || { tail -n 20 "$log" >&2; fail "apt could not install the packages; the whole log is $log"; }
}
