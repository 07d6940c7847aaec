"""A server under test, and ours; peers.py has the others. Each is one child process on a free loopback
port with a folder of its own; leaving the `with` block ends it, and so does our own death.

Each says what has to be shown to it: a program shows a name and a password or a token for some
repositories, a browser its session. A peer without sign-in is shown nothing."""

import base64
import ctypes
import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
from contextlib import closing, contextmanager
from urllib.parse import urlencode

from client import Connection

START_WITHIN_S = 30
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
USERNAME, PASSWORD = "admin", "correct horse"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def basic(username=USERNAME):
    """Name and password (RFC 7617), of the one user of every server with sign-in unless another is named; all have
    the same password."""
    pair = base64.b64encode(f"{username}:{PASSWORD}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def bearers(servers, *repositories, catalog=False):
    """For each of some servers what shows that somebody may read these repositories, or the list of all."""
    return {server: server.bearer(*repositories, catalog=catalog) for server in servers}


class Server:
    """What all share. A subclass says how it is started and which path answers 200 when it is ready."""

    name = ""
    ready_path = "/"

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.port = _free_port()
        self.process = None

    def command(self):
        raise NotImplementedError

    def environment(self):
        return {}

    def basic(self):
        """Name and password, as headers."""
        return {}

    def bearer(self, *repositories, catalog=False):
        """A token for some repositories, or for the list of all, as headers."""
        return {}

    def session(self):
        """The session of a browser that signed in, as headers; it outlives a restart."""
        return {}

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self):
        return self.process.pid

    @property
    def log(self):
        return self.folder.with_name(self.folder.name + ".log")

    def start(self):
        """Starts the server and waits until it is ready."""
        self.spawn()
        self.wait_for(self.ready_path)

    def spawn(self):
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("PORTOLAN_", "REGISTRY_"))}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                env=keep | self.environment(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=lambda: LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL),
            )

    def wait_for(self, path, text=b"", headers=None):
        """Asks every millisecond until `path` answers 200 with `text` in it; returns the answer."""
        end = time.monotonic() + START_WITHIN_S
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended at its start: {self.last_words()}")
            try:
                with Connection(self.port) as connection:
                    answer = connection.get(path, headers)
                if answer.status == 200 and text in answer.body:
                    return answer
            except (OSError, RuntimeError):
                pass
            time.sleep(0.001)
        raise RuntimeError(f"{self.name} was not ready within {START_WITHIN_S} s: {self.last_words()}")

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def last_words(self):
        return self.log.read_text(errors="replace")[-600:].strip() or "it said nothing"


class Portolan(Server):
    """Our release binary on its embedded default, or with one existing registry mounted. It is private, as it is
    by default, and has one user, who may do everything."""

    name = "portolan"
    ready_path = "/health/ready"

    def __init__(self, folder, binary, mount=None, data=None):
        super().__init__(folder)
        self.binary, self.mount = binary, mount
        self.data = data or folder / "data"
        self.signed_in = {}

    def command(self):
        return [str(self.binary), "serve"]

    def environment(self):
        values = {
            "PORTOLAN_DATA__DIR": str(self.data),
            "PORTOLAN_SERVER__LISTEN": f"127.0.0.1:{self.port}",
            "PORTOLAN_SERVER__DRAIN_S": "1",
            "PORTOLAN_ADMIN__USERNAME": USERNAME,
            "PORTOLAN_ADMIN__PASSWORD": PASSWORD,
            "PORTOLAN_HISTORY__DAYS": "3650",  # The tags of the data sets moved years ago.
        }
        if self.mount:
            mount = {"PREFIX": "up", "KIND": "remote", "URL": self.mount, "REFRESH_S": "3600"}
            values |= {f"PORTOLAN_MOUNTS__0__{key}": value for key, value in mount.items()}
        return values

    def basic(self, username=USERNAME):
        return basic(username)

    def bearer(self, *repositories, catalog=False, username=USERNAME):
        scopes = [f"repository:{name}:pull,push" for name in repositories] + ["registry:catalog:*"] * catalog
        asked = urlencode([("service", f"127.0.0.1:{self.port}"), *(("scope", scope) for scope in scopes)])
        with Connection(self.port) as connection:
            answer = connection.get(f"/token?{asked}", self.basic(username))
        if answer.status != 200:
            raise RuntimeError(f"{self.name} gave no token but {answer.status}: {answer.body[:300]!r}")
        return {"Authorization": f"Bearer {json.loads(answer.body)['token']}"}

    def session(self, username=USERNAME):
        if username not in self.signed_in:
            form = urlencode({"username": username, "password": PASSWORD}).encode()
            with Connection(self.port) as connection:
                answer = connection.request("POST", "/auth/login", FORM, form)
            cookies = [set.split(";")[0] for set in answer.headers.get("set-cookie", "").split("\n")]
            session = [cookie for cookie in cookies if cookie.startswith("portolan=")]
            if answer.status != 303 or not session:
                raise RuntimeError(f"{self.name} let nobody in: {answer.status} {answer.body[-300:]!r}")
            self.signed_in[username] = {"Cookie": session[0]}
        return self.signed_in[username]

    def api(self, method, path, body):
        """One call of `/api/v1` by the administrator that has to succeed; what it answered."""
        headers = self.basic() | {"Content-Type": "application/json"}
        with Connection(self.port) as connection:
            answer = connection.request(method, f"/api/v1/{path}", headers, json.dumps(body).encode())
        if answer.status >= 300:
            raise RuntimeError(f"{self.name} {method} {path} answered {answer.status}: {answer.body[:300]!r}")
        return json.loads(answer.body or b"null")

    def add_user(self, username):
        """Another user, with the same password and no right; their id."""
        return self.api("POST", "users", {"username": username, "password": PASSWORD})["id"]

    @contextmanager
    def database(self):
        """A transaction in its database, as another node would write one: by the epoch it says that access changed."""
        with closing(sqlite3.connect(self.data / "portolan.db", timeout=10, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("UPDATE instance SET epoch = epoch + 1")
            connection.execute("COMMIT")


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
