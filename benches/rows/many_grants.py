"""Row 10: lists for a reader to whom thousands of scopes were granted one by one, beside the same lists for who
may see everything: the console's page, and by programs a page, a search that matches little and the catalog."""

import json

from client import Connection
from load import in_turns, wrk
from report import Line, at_most
from servers import Portolan

TEAMS = 5_000  # Each has a grant, and two repositories: the reader sees both of every other team, and one of the rest.
READER = "reader"
BROWSER = {"Accept": "text/html", "Accept-Encoding": "gzip, deflate, br, zstd"}


def measure(bench):
    server = Portolan(bench.scratch / "many grants", bench.binary)
    with server:
        reader = server.add_user(READER)
    _fill(server, reader)
    with server:
        lists = _lists(server)
        for who, (path, headers, expected) in lists.items():
            _check(server, who, path, headers, expected)

        def ask(who):
            path, headers, _ = lists[who]
            return wrk(server, path, 1, bench.seconds, headers)

        found = in_turns(bench.few_rounds, {who: who for who in lists}, ask, bench.deadline)
    return [line for what in WHAT for line in _lines(what, found)]


WHAT = {
    "page": "/repositories, 50 rows",
    "list": "GET /api/v1/repositories, 50 of them",
    "search": "the same, searching for a part of few names",
    "catalog": "_catalog?n=1000",
}


def _lines(what, found):
    reader, everything = found[READER, what], found["admin", what]
    beside = "ours, who sees everything"
    # The page is drawn and compressed besides, whoever reads it.
    goals = [] if what == "page" else at_most(("must", 2_000))
    size = f"{TEAMS:,} grants over {2 * TEAMS:,} repositories, one connection"
    note = f"{size}; the list in it costs what the next row does, the rest draws and packs it" if what == "page" else ""
    return [
        Line(10, f"{WHAT[what]}, by a reader of {TEAMS:,} grants", "ms", reader["p50_ms"], everything["p50_ms"], "less",
             note=note, beside=beside),
        Line(10, "the same, server CPU", "µs", reader["cpu_us"], everything["cpu_us"], "less", goals, beside=beside),
    ]


def _fill(server, reader):
    """Straight in the database of a server that does not run: ten thousand pushes and five thousand grants take long."""
    at = 1_795_400_000_000
    with server.database() as connection:
        (mount,) = connection.execute("SELECT id FROM mounts WHERE prefix = '' AND kind = 'hosted'").fetchone()
        names = [f"team-{team:04d}/service-{which}" for team in range(TEAMS) for which in "ab"]
        connection.executemany(
            "INSERT INTO repositories (id, name, mount_id, created_at, updated_at, updated_by, newest_tag, n_tags)"
            " VALUES (?, ?, ?, ?, ?, 'user:bench', '1.0.0', 1)",
            [(f"repository-{n}", name, mount, at, at + n * 7919 % 100_000) for n, name in enumerate(names)],
        )
        connection.execute("UPDATE mounts SET n_repositories = ?, n_tags = ? WHERE id = ?", (len(names), len(names), mount))
        scopes = [f"team-{team:04d}/" + ("service-a" if team % 2 else "*") for team in range(TEAMS)]
        connection.executemany(
            "INSERT INTO grants (id, grantee_kind, grantee, role, scope, created_at, created_by)"
            " VALUES (?, 'user', ?, 'reader', ?, ?, 'user:bench')",
            [(f"grant-{n}", reader, scope, at) for n, scope in enumerate(scopes)],
        )


def _lists(server):
    """(who, which list) → its path, what is shown with it, and what the answer must have and must not have."""
    lists = {}
    for who in (READER, "admin"):
        lists |= {
            (who, "page"): ("/repositories", BROWSER | server.session(who), None),
            (who, "list"): ("/api/v1/repositories?limit=50", server.basic(who), 50),
            (who, "search"): ("/api/v1/repositories?limit=50&q=team-0017", server.basic(who), 1 if who == READER else 2),
            (who, "catalog"): ("/v2/_catalog?n=1000", server.bearer(catalog=True, username=who), 1000),
        }
    return lists


def _check(server, who, path, headers, n_expected):
    with Connection(server.port) as connection:
        answer = connection.get(path, headers)
    found = "an answer"
    if answer.status == 200 and n_expected is not None:
        body = json.loads(answer.body)
        found = len(body["repositories"] if "repositories" in body else body["items"])
    if answer.status != 200 or (n_expected is not None and found != n_expected):
        raise RuntimeError(f"{who}: {path} answered {answer.status} with {found}, not {n_expected}")
