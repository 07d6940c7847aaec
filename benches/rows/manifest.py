"""Row 1: GET of a manifest by tag, 16 connections: one hot tag, then spread over all tags."""

from data import ACCEPT, BIG, MANIFEST
from load import in_turns, wrk
from report import Line, at_least, at_most, times

CONNECTIONS = 16


def measure(bench):
    both = {"us": bench.ours, "peer": bench.peer}
    path = f"/v2/{BIG}/manifests/{bench.data.tags[len(bench.data.tags) // 2]}"

    def hot(server):
        return wrk(server, path, CONNECTIONS, bench.seconds, ACCEPT)

    names = bench.scratch / "tags.txt"
    names.write_text("\n".join(bench.data.tags))

    def spread(server):
        arguments = (f"/v2/{BIG}/manifests/", str(names))
        return wrk(server, "/", CONNECTIONS, bench.seconds, ACCEPT, "spread.lua", arguments)

    bench.same_answer(path, ACCEPT, MANIFEST)
    one = in_turns(bench.rounds, both, hot, bench.deadline)
    all_ = in_turns(bench.few_rounds, both, spread, bench.deadline)
    us, peer = one["us"], one["peer"]
    us_all, peer_all = all_["us"], all_["peer"]
    rate, cost = ("must", 10), (("must", 10), ("target", 25), ("moonshot", 40))
    note = "anonymous: there is no sign-in yet, the goal is for a cached bearer token"
    return [
        Line(1, "GET manifest by tag, c=16", "req/s", us["requests_per_s"], peer["requests_per_s"],
             goals=times(rate) + at_least(("target", 25_000)), note=note),
        Line(1, "server CPU per request", "µs", us["cpu_us"], peer["cpu_us"], "less",
             times(*cost) + at_most(("moonshot", 18))),
        Line(1, "p50", "ms", us["p50_ms"], peer["p50_ms"], "less"),
        Line(1, "p99", "ms", us["p99_ms"], peer["p99_ms"], "less", at_most(("moonshot", 5))),
        Line(1, "the same over all tags", "req/s", us_all["requests_per_s"], peer_all["requests_per_s"]),
        Line(1, "the same, CPU per request", "µs", us_all["cpu_us"], peer_all["cpu_us"], "less"),
    ]
