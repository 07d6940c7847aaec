"""Row 2: GET of a blob of 512 bytes, as a configuration is, 16 connections."""

from data import BLOBS, digest
from load import in_turns, wrk
from report import at_most, beside_all, times
from servers import bearers

CONNECTIONS = 16


def measure(bench):
    path = bench.data.small_path
    servers = dict(bench.everyone)
    shown = bearers(servers.values(), BLOBS)
    bench.same_answer(path, {}, "application/octet-stream")
    nginx = bench.nginx()
    if nginx:
        (nginx.site / "small").write_bytes(bench.data.small_blob)
        servers[nginx.name] = nginx

    def read(server):
        return wrk(server, "/small" if server is nginx else path, CONNECTIONS, bench.seconds, shown.get(server))

    found = in_turns(bench.rounds, servers, read, bench.deadline)
    few = {who: found[who] for who in ("us", bench.peer.name)}
    steps = (("must", 15), ("target", 50), ("moonshot", 80))
    note = f"the blob is {digest(bench.data.small_blob)[:19]}…, hot on all sides; nginx answers without looking anything up"
    return [
        *beside_all(found, 2, "GET 512 B blob, c=16", "req/s", "requests_per_s", goals=times(*steps), note=note),
        *beside_all(found, 2, "server CPU per request", "µs", "cpu_us", "less", times(*steps) + at_most(("moonshot", 25))),
        *beside_all(few, 2, "p50", "ms", "p50_ms", "less"),
        *beside_all(few, 2, "p99", "ms", "p99_ms", "less"),
    ]
