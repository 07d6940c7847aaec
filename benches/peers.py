"""The registries beside us and the physical limit. Each runs without access log and sign-in (but for the one
that asks for passwords), with what makes it fast and, where it has the choice, with durable writes as ours are."""

import ctypes
import ctypes.util
import json
import os

from linkfiles import write_tags
from machine import CACHE
from servers import PASSWORD, USERNAME, Server, basic

BUILT = CACHE / "peers"


class Distribution(Server):
    """Debian's docker-registry (CNCF distribution 2.8) with blob descriptors in memory."""

    name = "distribution 2.8"
    ready_path = "/v2/"
    program = "docker-registry"

    def __init__(self, folder, storage=None):
        super().__init__(folder)
        self.storage = storage or folder / "data"

    def command(self):
        config = self.folder / "config.yml"
        config.write_text(self.config())
        return [self.program, "serve", str(config)]

    def config(self):
        return (
            "version: 0.1\n"
            "log: {level: error, accesslog: {disabled: true}}\n"
            "storage:\n"
            "  cache: {blobdescriptor: inmemory}\n"
            f"  filesystem: {{rootdirectory: {self.storage}}}\n"
            "  delete: {enabled: true}\n"
            f'http: {{addr: "127.0.0.1:{self.port}", secret: bench}}\n'
        )


class WithPasswords(Distribution):
    """The same beside a running one on its storage, asking for a name and a password: an htpasswd file with one
    line, hashed by bcrypt at some cost, which is computed anew for each request."""

    def __init__(self, folder, storage, cost):
        super().__init__(folder, storage)
        self.name, self.cost = f"{Distribution.name}, bcrypt {cost}", cost

    def config(self):
        htpasswd = self.folder / "htpasswd"
        htpasswd.write_text(f"{USERNAME}:{bcrypt(PASSWORD, self.cost)}\n")
        return super().config() + f"auth: {{htpasswd: {{realm: bench, path: {htpasswd}}}}}\n"

    def basic(self):
        return basic()

    def start(self):
        self.spawn()
        self.wait_for(self.ready_path, headers=self.basic())


def bcrypt(password, cost):
    """The hash of a password, by the system's libcrypt; nothing where that is missing or cannot make one."""
    library = ctypes.util.find_library("crypt")
    if not library:
        return None
    crypt = ctypes.CDLL(library).crypt
    crypt.argtypes, crypt.restype = (ctypes.c_char_p, ctypes.c_char_p), ctypes.c_char_p
    method = f"$2y${cost:02d}$"
    found = (crypt(password.encode(), f"{method}PortolanBenchPortolanO".encode()) or b"").decode()
    return found if found.startswith(method) else None


class DistributionV3(Distribution):
    """The same registry's next version, built by benches/peers.sh. It syncs files to the disk."""

    name = "distribution v3"
    program = str(BUILT / "registry")

    def environment(self):
        return {"OTEL_TRACES_EXPORTER": "none"}  # Or it looks for a collector on this machine.

    def write_tags(self, repository, placements):
        write_tags(self.storage, repository, placements)


class Zot(Server):
    """zot without extensions. Its default leaves writing to the kernel; `commit` makes it durable."""

    name = "zot"
    ready_path = "/v2/"
    program = str(BUILT / "zot")

    @property
    def storage(self):
        return self.folder / "data"

    def command(self):
        config = self.folder / "config.json"
        config.write_text(json.dumps({
            "distSpecVersion": "1.1.1",
            "storage": {"rootDirectory": str(self.storage), "commit": True},
            "http": {"address": "127.0.0.1", "port": str(self.port)},
            "log": {"level": "error", "output": os.devnull},
        }))
        return [self.program, "serve", str(config)]

    def write_tags(self, repository, placements):
        """Adds tags to the repository's index of an OCI layout, while zot is down."""
        self.stop()
        path = self.storage / repository / "index.json"
        index = json.loads(path.read_text())
        described = {one["digest"]: one for one in index["manifests"]}
        for tag, image in placements:
            named = {"annotations": {"org.opencontainers.image.ref.name": tag}}
            index["manifests"].append(described[image.digest] | named)
        path.write_text(json.dumps(index, separators=(",", ":")))
        self.start()


class Nginx(Server):
    """One nginx process that serves a folder with sendfile: as fast as a file leaves this machine."""

    name = "nginx"
    program = "/usr/sbin/nginx"

    @property
    def site(self):
        return self.folder / "site"

    def command(self):
        self.site.mkdir(exist_ok=True)
        (self.site / "index.html").write_text("ready")
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = " ".join(f"{kind}_temp_path {self.folder / kind};" for kind in kinds)
        config = self.folder / "nginx.conf"
        config.write_text(
            f"daemon off; master_process off; pid {self.folder / 'pid'}; error_log stderr crit;\n"
            "events { worker_connections 512; }\n"
            f"http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; {temporary}\n"
            f"  server {{ listen 127.0.0.1:{self.port}; root {self.site}; }} }}\n"
        )
        return [self.program, "-e", "stderr", "-c", str(config)]


OPTIONAL = (DistributionV3, Zot)


def built():
    """The optional peers that are there, as benches/peers.sh or a hand put them."""
    return [kind for kind in OPTIONAL if os.access(kind.program, os.X_OK)]
