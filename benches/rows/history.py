"""Row 19: what the history of tags adds to a push, which is all that a push does so that nothing is lost: the trash costs
only who deletes. Ours beside ours of which the database drops each row of the history that it is given. A manifest under a
new tag is the worst case: no other push is as short."""

import sqlite3
from contextlib import closing

from load import Series, in_turns
from report import Line, at_most
from servers import Portolan

from .manifest_push import putting

DROP = "CREATE TRIGGER no_history BEFORE INSERT ON tag_moves BEGIN SELECT RAISE(IGNORE); END"
COUNT = "SELECT COUNT(*) FROM tag_moves"


def measure(bench):
    with (
        Portolan(bench.scratch / "remembers", bench.binary) as remembers,
        Portolan(bench.scratch / "forgets", bench.binary) as forgets,
    ):
        with _opened(forgets) as database:
            database.execute(DROP)
        put = putting(bench, "remembered")
        found = in_turns(max(bench.rounds, 7), {"us": remembers, "them": forgets}, put, bench.deadline)
        n_moves = [_n_moves(server) for server in (remembers, forgets)]
    if not n_moves[0] or n_moves[1]:
        raise RuntimeError(f"the histories have {n_moves} rows, not some and none")
    us, them = found["us"], found["them"]
    costs = {key: Series(a / b for a, b in zip(us[key].values, them[key].values)) for key in ("cpu_us", "p50_ms")}
    beside = "ours without history"
    return [
        Line(19, "PUT manifest, new tag, c=32, with its history", "req/s", us["requests_per_s"], them["requests_per_s"],
             beside=beside, note="the other one's database drops each row of the history"),
        Line(19, "server CPU per request", "µs", us["cpu_us"], them["cpu_us"], "less", beside=beside),
        Line(19, "server CPU, with it to without it", "×", costs["cpu_us"], better="less", goals=at_most(("must", 1.05))),
        Line(19, "p50, with it to without it", "×", costs["p50_ms"], better="less", goals=at_most(("must", 1.05))),
    ]


def _opened(server):
    return closing(sqlite3.connect(server.data / "portolan.db", timeout=10, isolation_level=None))


def _n_moves(server):
    with _opened(server) as database:
        return database.execute(COUNT).fetchone()[0]
