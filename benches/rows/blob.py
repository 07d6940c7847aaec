"""Row 3: GET of a 64 MiB blob on one connection, beside the peers and nginx's sendfile."""

from client import Connection
from data import BLOBS, digest
from load import downloads, in_turns
from report import at_most, beside_all, times
from servers import bearers


def measure(bench):
    path = bench.data.large_path
    servers = dict(bench.everyone)
    shown = bearers(servers.values(), BLOBS)
    for server in servers.values():
        with Connection(server.port, shown[server]) as connection:
            if digest(connection.get(path).body) != digest(bench.data.large_blob):
                raise RuntimeError(f"{server.name} returned other bytes than were pushed")
    nginx = bench.nginx()
    if nginx:
        (nginx.site / "large").write_bytes(bench.data.large_blob)
        servers[nginx.name] = nginx

    def read(server):
        with Connection(server.port, shown.get(server)) as connection:
            return downloads(server, connection, "/large" if server is nginx else path, bench.downloads)

    found = in_turns(bench.rounds, servers, read, bench.deadline)
    sendfile = {"nginx": [("moonshot", "within 15 % of nginx", lambda line: (line.ratio or 0) >= 1 / 1.15)]}
    return [
        *beside_all(found, 3, "GET 64 MiB blob, 1 connection", "MiB/s", "mib_per_s", goals=times(("must", 1)),
                    note="the client is Python reading into one buffer on the same cores"),
        *beside_all(found, 3, "server CPU per GiB", "s", "cpu_s_per_gib", "less",
                    at_most(("must", 0.30), ("target", 0.22)), own_goals=sendfile),
    ]
