#!/usr/bin/env bash
# Runs a command beside a PostgreSQL of its own, on a free loopback port and with
# a data folder that is gone afterwards; PORTOLAN_TEST_POSTGRES tells the command
# where. The system's own PostgreSQL, running or not, is left alone.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
[ $# -gt 0 ] || fail "usage: scripts/with-postgres.sh COMMAND..."

programs=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1 || true)
[ -n "$programs" ] || programs=$(dirname "$(command -v initdb)") || fail "PostgreSQL is missing: run scripts/setup.sh test"

# PostgreSQL refuses to run as root, and its user may not enter root's home: the
# folder is in the system's temporary one, not in the cache.
folder=$(mktemp -d "${TMPDIR:-/tmp}/portolan-postgres.XXXXXX")
as_postgres=()
if [ "$(id -u)" = 0 ]; then
    chown postgres "$folder"
    as_postgres=(runuser -u postgres --)
fi

stop() {
    local status=$?
    trap - EXIT
    (cd / && "${as_postgres[@]}" "$programs/pg_ctl" stop -D "$folder/data" -m immediate >/dev/null 2>&1) || true
    rm -rf "$folder"
    exit "$status"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

start() {
    local password port
    password=$(od -An -N 16 -t x1 /dev/urandom | tr -d ' \n')
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    (umask 077 && printf '%s\n' "$password" >"$folder/password")
    [ ${#as_postgres[@]} = 0 ] || chown postgres "$folder/password"
    cd /
    "${as_postgres[@]}" "$programs/initdb" -D "$folder/data" -U portolan --pwfile="$folder/password" --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C --locale-provider=icu --icu-locale=en-US --no-sync >"$folder/log" 2>&1
    # Nothing here outlives the tests, so nothing waits for the disk, and as little as can be is written to it: a disk
    # that is still busy with what was built must not hold up a connection until it is given up.
    "${as_postgres[@]}" "$programs/pg_ctl" start -w -D "$folder/data" -l "$folder/server.log" -o \
        "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$folder -c max_connections=200 -c fsync=off \
        -c synchronous_commit=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0" \
        >>"$folder/log" 2>&1
    cd "$ROOT"
    export PORTOLAN_TEST_POSTGRES="postgres://portolan:$password@127.0.0.1:$port/postgres"
}

say "starting a PostgreSQL for the tests" "3 s"
start || { cat "$folder"/*log >&2; fail "PostgreSQL did not start"; }
export PORTOLAN_TEST_FIXTURES="$FIXTURES"
"$@"
