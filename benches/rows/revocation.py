"""Of row 11: how long a right that was taken still opens anything, seen by the client that used it all the time. It
is taken by a request to the same server, and in the database, as another node does."""

import time

from client import Connection
from data import ACCEPT
from load import Series
from report import Line

USER = "leaver"
WITHIN_S = 10
LIMIT_MS = 1_000


def measure(bench):
    path = f"/v2/{next(iter(bench.data.small))}/manifests/latest"
    ours, rounds = bench.ours, range(bench.rounds)
    ours.add_user(USER)

    def by_request(grant):
        ours.api("DELETE", f"grants/{grant}", None)

    def elsewhere(grant):
        with ours.database() as connection:
            connection.execute("DELETE FROM grants WHERE id = ?", (grant,))

    ways = {"by a request": by_request, "by another process on its database": elsewhere}
    taken = {what: [_still_open_ms(bench, path, take) for _ in rounds] for what, take in ways.items()}
    goals = [("must", f"each ≤ {LIMIT_MS:,}", lambda line: line.us.max <= LIMIT_MS)]
    note = "from the change's end to the first refusal, asked without a pause by name and password on one connection"
    return [Line(11, f"a grant is taken {what}, until it opens nothing", "ms", Series(found), better="less", goals=goals,
                 note=note) for what, found in taken.items()]


def _still_open_ms(bench, path, take):
    grant = bench.ours.api("POST", "grants", {"principal": {"user": USER}, "role": "reader", "scope": "*"})["id"]
    with Connection(bench.ours.port, bench.ours.basic(USER)) as connection:
        _until(connection, path, lambda status: status == 200)
        take(grant)
        taken_at = time.perf_counter()
        return (_until(connection, path, lambda status: status in (403, 404)) - taken_at) * 1e3


def _until(connection, path, is_so):
    """When an answer was so for the first time."""
    end = time.perf_counter() + WITHIN_S
    while True:
        status = connection.get(path, ACCEPT).status
        if is_so(status):
            return time.perf_counter()
        if time.perf_counter() > end:
            raise RuntimeError(f"{path} still answers {status} after {WITHIN_S} s")
