"""Row 11: GET of a manifest with a name and a password in each request (HTTP Basic), 16 connections. Ours
remembers for a minute what it has checked; distribution 2.8 with an htpasswd file computes bcrypt each time.
And how soon what is remembered counts no more (revocation.py)."""

from contextlib import ExitStack

from data import ACCEPT, BIG, MANIFEST
from load import in_turns, wrk
from peers import WithPasswords, bcrypt
from report import Line, beside_all, times
from servers import PASSWORD

from . import revocation

CONNECTIONS = 16
COSTS = (10, 5)  # The default of Go's bcrypt, and that of `htpasswd -B`.


def measure(bench):
    return [*_beside_peers(bench), *revocation.measure(bench)]


def _beside_peers(bench):
    path = f"/v2/{BIG}/manifests/{bench.data.tags[len(bench.data.tags) // 2]}"
    bench.same_answer(path, ACCEPT, MANIFEST)

    def get(server):
        # wrk counts whole answers: of a peer that gives twenty a second the last of a short round are lost.
        seconds = bench.slow_seconds if getattr(server, "cost", 0) == max(COSTS) else bench.seconds
        return wrk(server, path, CONNECTIONS, seconds, ACCEPT | server.basic())

    with ExitStack() as running:
        servers = {"us": bench.ours}
        for peer in _peers(bench):
            servers[peer.name] = running.enter_context(peer)
        found = in_turns(bench.few_rounds, servers, get, bench.deadline)
    what, cost = "authenticated request by Basic, c=16", "server CPU per request"
    if len(found) == 1:
        us = found["us"]
        return [Line(11, what, "req/s", us["requests_per_s"]), Line(11, cost, "µs", us["cpu_us"], better="less")]
    steps = times(("must", 100), ("target", 500))
    note = "GET of one hot manifest; the peers are distribution 2.8 with one line of htpasswd by bcrypt at that cost"
    return [
        *beside_all(found, 11, what, "req/s", "requests_per_s", goals=steps, note=note),
        *beside_all(found, 11, cost, "µs", "cpu_us", "less"),
        *beside_all(found, 11, "p50", "ms", "p50_ms", "less"),
    ]


def _peers(bench):
    """Beside the peer that was filled, on its storage; none where nothing here hashes by bcrypt."""
    if not bcrypt(PASSWORD, min(COSTS)):
        bench.notes.append("Row 11 has no peer beside it: this machine's libcrypt knows no bcrypt.")
        return []
    return [WithPasswords(bench.scratch / f"htpasswd-{cost}", bench.peer.storage, cost) for cost in COSTS]
