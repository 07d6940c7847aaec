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
import subprocess
import time
from urllib.parse import urlencode

from client import Connection

START_WITHIN_S = 30
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
USERNAME, PASSWORD = "admin", "correct horse"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def basic():
    """Name and password of the one user of every server with sign-in (RFC 7617)."""
    pair = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
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
        }
        if self.mount:
            mount = {"PREFIX": "up", "KIND": "remote", "URL": self.mount, "REFRESH_S": "3600"}
            values |= {f"PORTOLAN_MOUNTS__0__{key}": value for key, value in mount.items()}
        return values

    def basic(self):
        return basic()

    def bearer(self, *repositories, catalog=False):
        scopes = [f"repository:{name}:pull,push" for name in repositories] + ["registry:catalog:*"] * catalog
        asked = urlencode([("service", f"127.0.0.1:{self.port}"), *(("scope", scope) for scope in scopes)])
        with Connection(self.port) as connection:
            answer = connection.get(f"/token?{asked}", self.basic())
        if answer.status != 200:
            raise RuntimeError(f"{self.name} gave no token but {answer.status}: {answer.body[:300]!r}")
        return {"Authorization": f"Bearer {json.loads(answer.body)['token']}"}

    def session(self):
        if not self.signed_in:
            form = urlencode({"username": USERNAME, "password": PASSWORD}).encode()
            with Connection(self.port) as connection:
                answer = connection.request("POST", "/auth/login", FORM, form)
            cookies = [set.split(";")[0] for set in answer.headers.get("set-cookie", "").split("\n")]
            session = [cookie for cookie in cookies if cookie.startswith("portolan=")]
            if answer.status != 303 or not session:
                raise RuntimeError(f"{self.name} let nobody in: {answer.status} {answer.body[-300:]!r}")
            self.signed_in = {"Cookie": session[0]}
        return self.signed_in


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
