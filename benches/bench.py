"""What every row may use: the servers with their data, the pace of the run, a folder to work in."""

import shutil
import sys
import time
from os import environ
from pathlib import Path

import cached
import machine
from client import Connection
from data import Dataset
from load import Deadline
from peers import OPTIONAL, Distribution, Nginx, built
from report import number
from servers import Portolan
from shape import SHAPES

ROOT = Path(__file__).resolve().parent.parent


class At:
    """One server that holds a shape."""

    def __init__(self, server, shape):
        self.server, self.shape = server, shape


class Bench:
    """One run."""

    def __init__(self, asked):
        self.binary = Path(environ.get("PORTOLAN_BINARY", ROOT / "target/release/portolan")).resolve()
        if not self.binary.is_file():
            sys.exit(f"✘ there is no {self.binary}\n  run make build, or set PORTOLAN_BINARY")
        for program, package in (("wrk", "wrk"), ("docker-registry", "docker-registry")):
            if not shutil.which(program):
                sys.exit(f"✘ {program} is missing\n  apt-get install {package}")
        quick = asked.mode == "quick"
        self.rounds, self.few_rounds, self.seconds, self.slow_seconds = (2, 2, 1, 2) if quick else (5, 5, 1, 4)
        self.downloads, self.uploads = (6, 2) if quick else (16, 3)
        self.n_tags = asked.tags or (1_000 if quick else 10_000)
        self.scales = ["S"] if quick else ["S", "L"]
        self.kinds = [Distribution] + ([] if quick else built())
        self.crawl, self.crawl_rounds = asked.crawl, {"quick": 1, "whole": 3, "full": 1}[asked.mode]
        self.crawl_limit_s = {"quick": 60, "whole": 180, "full": 1800}[asked.mode]
        self.limit_s = {"quick": 160, "whole": 1500, "full": 3600}[asked.mode]
        self.deadline = self.scratch = self.running = self.ours = self.data = None
        self.peers, self.sets, self.held, self._nginx = {}, {}, {}, None
        self.seeding, self.seeded_mb, self.notes = {}, {}, []
        self.met_compilers = machine.compilers_running()

    def make_sets(self):
        """Makes the large data sets that are not in the cache."""
        for name in self.scales:
            self.sets[name] = cached.for_portolan(name, self.binary, self.scratch)
        self.sets["distribution"] = cached.for_distribution(self.scales[-1])

    def begin(self):
        self.deadline = Deadline(self.limit_s)

    @property
    def everyone(self):
        """Us and the peers, on the data that was sent over HTTP."""
        return {"us": self.ours, **self.peers}

    @property
    def peer(self):
        """The peer that the goals are held against."""
        return self.peers[Distribution.name]

    def seed(self):
        """Starts the servers and fills them with the same data over HTTP. A peer that is only there on some
        machines is left out where it fails."""
        self.data = Dataset(self.n_tags)
        self.ours = self._filled("us", Portolan(self.scratch / "portolan", self.binary))
        for kind in self.kinds:
            try:
                self.peers[kind.name] = self._filled(kind.name, kind(self.scratch / kind.name.replace(" ", "-")))
            except (RuntimeError, OSError) as error:
                if kind is Distribution:
                    raise
                self.notes.append(f"{kind.name} is left out: {error}")
                print(f"  ✘ {kind.name} is left out: {error}", flush=True)
        absent = [kind.name for kind in OPTIONAL if kind not in self.kinds]
        if absent:
            self.notes.append(f"Without {' and '.join(absent)}: not built (benches/peers.sh), or the run was a quick one.")

    def _filled(self, who, server):
        say(f"filling {server.name} with {self.n_tags:,} tags")
        self.running.enter_context(server)
        found = self.data.seed(server)
        self.seeding[who] = {key: round(value, 2) for key, value in found.items()}
        time.sleep(1)
        self.seeded_mb[who] = machine.memory_mb(server.pid)[0]
        text = (
            f"{server.name} took {number(found['manifests_per_s'])} manifests/s (PUT, 16 connections), "
            f"{number(found['small_blobs_per_s'])} small blobs/s (POST and PUT) and the 64 MiB blob at "
            f"{number(found['large_blob_mib_per_s'])} MiB/s"
        )
        self.notes.append(f"Seeding: {text}.")
        print(f"  {text}", flush=True)
        return server

    def at_scale(self):
        """Us and those peers that hold the largest data set of this run, and us with the smaller one:
        who → `At`. Started at the first use."""
        if self.held:
            return self.held
        largest = self.scales[-1]
        us = {
            name: Portolan(self.scratch / f"portolan {name}", self.binary, data=self.sets[name] / "data")
            for name in self.scales
        }
        storage = self.sets["distribution"]
        kinds = [kind for kind in self.kinds if issubclass(kind, Distribution)]
        peers = {kind.name: kind(self.scratch / f"{kind.name} {largest}", storage) for kind in kinds}
        held = {"us": At(us[largest], SHAPES[largest])}
        held |= {name: At(server, SHAPES[largest]) for name, server in peers.items()}
        held |= {f"Portolan at {name}": At(us[name], SHAPES[name]) for name in self.scales[:-1]}
        for at in held.values():
            self.running.enter_context(at.server)
        self.held = held
        return held

    def nginx(self):
        """nginx, running; nothing where it is not installed."""
        if self._nginx is None and Path(Nginx.program).exists():
            self._nginx = self.running.enter_context(Nginx(self.scratch / "nginx"))
        if self._nginx is None:
            self.notes.append("nginx is not installed, so rows 2 and 3 have no physical limit beside them.")
        return self._nginx

    def same_answer(self, path, headers, content_type):
        """All must give the same bytes, or a comparison would mean nothing."""
        answers = {}
        for who, server in self.everyone.items():
            with Connection(server.port, server.basic()) as connection:
                answers[who] = connection.get(path, headers)
        bodies = {answer.body for answer in answers.values()}
        kinds = {answer.headers.get("content-type") for answer in answers.values()}
        if len(bodies) != 1 or kinds != {content_type} or any(it.status != 200 for it in answers.values()):
            raise RuntimeError(f"{path} is not the same everywhere: {[(who, it.status) for who, it in answers.items()]}")


def say(text):
    print(f"▸ {text}", flush=True)
