"""Row 12: resident memory of an empty server, with the data, and while 64 connections read small blobs."""

import time

import machine
from data import BIG
from load import in_turns, wrk
from report import Line, at_most
from servers import Distribution, Portolan

CONNECTIONS = 64
SETTLE_S = 1


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

    def small_blobs(server):
        machine.forget_peak(server.pid)
        figures = wrk(server, bench.data.small_path, CONNECTIONS, bench.seconds)
        return figures | {"peak_mb": machine.memory_mb(server.pid)[1]}

    busy = in_turns(bench.few_rounds, both, small_blobs, bench.deadline)
    us, peer = busy["us"], busy["peer"]
    scale = f"with {len(bench.data.tags):,} tags; the goal is for 10k repositories and 1 M tags"
    return [
        Line(12, "memory, idle and empty", "MB", empty_mb["us"], empty_mb["peer"], "less",
             at_most(("must", 40), ("target", 20), ("moonshot", 15)),
             f"idle CPU {idle_ms['us']:.0f} ms a second, the peer's {idle_ms['peer']:.0f} ms"),
        Line(12, "memory after seeding", "MB", bench.seeded_mb["us"], bench.seeded_mb["peer"], "less",
             at_most(("must", 120), ("target", 80), ("moonshot", 40)), scale),
        Line(12, "memory after a restart with the data", "MB", with_data["us"], with_data["peer"], "less",
             note="after one page of ours, one list of tags of the peer's"),
        Line(12, "peak memory, 64 connections on a 512 B blob", "MB", us["peak_mb"], peer["peak_mb"], "less",
             at_most(("must", 150), ("target", 100), ("moonshot", 64))),
        Line(12, "GET 512 B blob, c=64", "req/s", us["requests_per_s"], peer["requests_per_s"]),
        Line(12, "GET 512 B blob, CPU per request", "µs", us["cpu_us"], peer["cpu_us"], "less",
             note="row 2 has goals for 16 connections: 15×, 50×, 80×"),
        Line(12, "size of the binary", "MB", bench.binary.stat().st_size / 1e6, goals=at_most(("moonshot", 25))),
    ]


def _fresh_with_data(server):
    server.stop()
    server.start()
    server.wait_for(f"/r/{BIG}" if isinstance(server, Portolan) else f"/v2/{BIG}/tags/list")
    time.sleep(SETTLE_S)
    return machine.memory_mb(server.pid)[0]
