"""Row 12: resident memory of an empty server, with the data, while 64 connections read small blobs, and
with the largest data set after some traffic."""

import random
import time

import machine
from client import Connection
from data import BIG, BLOBS
from load import in_turns, wrk
from peers import Distribution
from report import Line, at_most, beside_all
from servers import Portolan, bearers
from shape import LARGEST

from .manifest import ACCEPT_ANY

CONNECTIONS = 64
SETTLE_S = 1
N_MANIFESTS, N_PAGES = 2_000, 50


def measure(bench):
    empty = {
        "us": Portolan(bench.scratch / "empty-us", bench.binary),
        "peer": Distribution(bench.scratch / "empty-peer"),
    }
    both = {"us": bench.ours, "peer": bench.peer}
    empty_mb, idle_ms = {}, {}
    for who, server in empty.items():
        with server:
            time.sleep(SETTLE_S)
            empty_mb[who] = machine.memory_mb(server.pid)[0]
            before = machine.cpu_seconds(server.pid)
            time.sleep(SETTLE_S)
            idle_ms[who] = (machine.cpu_seconds(server.pid) - before) * 1e3 / SETTLE_S
    with_data = {who: _fresh_with_data(server) for who, server in both.items()}

    shown = bearers(both.values(), BLOBS)

    def small_blobs(server):
        machine.forget_peak(server.pid)
        figures = wrk(server, bench.data.small_path, CONNECTIONS, bench.seconds, shown[server])
        return figures | {"peak_mb": machine.memory_mb(server.pid)[1]}

    busy = in_turns(bench.few_rounds, both, small_blobs, bench.deadline)
    us, peer = busy["us"], busy["peer"]
    return [
        Line(12, "memory, idle and empty", "MB", empty_mb["us"], empty_mb["peer"], "less",
             at_most(("must", 40), ("target", 20), ("moonshot", 15)),
             f"idle CPU {idle_ms['us']:.0f} ms a second, the peer's {idle_ms['peer']:.0f} ms"),
        Line(12, "memory after seeding", "MB", bench.seeded_mb["us"], bench.seeded_mb[bench.peer.name], "less",
             note=f"with {len(bench.data.tags):,} tags"),
        Line(12, "memory after a restart with the data", "MB", with_data["us"], with_data["peer"], "less",
             note="after one page of ours, one list of tags of the peer's"),
        Line(12, "peak memory, 64 connections on a 512 B blob", "MB", us["peak_mb"], peer["peak_mb"], "less",
             at_most(("must", 150), ("target", 100), ("moonshot", 64))),
        Line(12, "GET 512 B blob, c=64", "req/s", us["requests_per_s"], peer["requests_per_s"]),
        *_with_the_largest(bench),
        Line(12, "size of the binary", "MB", bench.binary.stat().st_size / 1e6, goals=at_most(("moonshot", 25))),
    ]


def _fresh_with_data(server):
    signed_in = server.session()
    server.stop()
    server.start()
    server.wait_for(f"/r/{BIG}" if isinstance(server, Portolan) else f"/v2/{BIG}/tags/list", headers=signed_in)
    time.sleep(SETTLE_S)
    return machine.memory_mb(server.pid)[0]


def _with_the_largest(bench):
    """After a start, a pass of mixed reading that is the same for all, and pages of ours."""
    found = {}
    for who, at in bench.at_scale().items():
        signed_in = at.server.session()
        at.server.stop()
        at.server.start()
        paths = list(at.shape.spread())
        with Connection(at.server.port) as connection:
            reads = [f"/v2/{path}" for path in random.Random("traffic").sample(paths, min(N_MANIFESTS, len(paths)))]
            reads += ["/v2/_catalog?n=1000", f"/v2/{LARGEST}/tags/list?n=100"]
            if isinstance(at.server, Portolan):
                names = [name for name, _ in at.shape.repositories()]
                reads += ["/", "/repositories"] + [f"/r/{name}?limit=100" for name in names[:N_PAGES]]
            for path in reads:
                shown = at.server.basic() if path.startswith("/v2/") else signed_in
                answer = connection.get(path, shown | (ACCEPT_ANY if "/manifests/" in path else {}))
                if answer.status >= 400:
                    raise RuntimeError(f"{at.server.name} {path} answered {answer.status}")
        time.sleep(SETTLE_S)
        found[who] = {"mb": machine.memory_mb(at.server.pid)[0]}
    shape = bench.at_scale()["us"].shape
    what = f"memory with {shape.n_repositories:,} repositories and {shape.n_tags:,} tags"
    note = (
        f"after a start, {N_MANIFESTS:,} manifests, a page of each list and, ours, {N_PAGES} tag pages; ours checked "
        "one password; one look"
    )
    return beside_all(found, 12, what, "MB", "mb", "less", at_most(("must", 120), ("target", 80), ("moonshot", 40)), note)
