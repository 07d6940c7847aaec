"""Data sets that take long to make and are only read: made once, kept in the cache between runs under a
name that tells what they were made from, and thrown away when that has changed."""

import fcntl
import os
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

import catalog
from linkfiles import write_shape
from machine import CACHE
from servers import PASSWORD, USERNAME, Portolan
from shape import SHAPES

SETS = CACHE / "bench-data"
SOURCES = {"portolan": ("shape.py", "catalog.py"), "distribution": ("shape.py", "linkfiles.py", "data.py")}


def for_portolan(name, binary, scratch):
    """The folder of a Portolan that holds a shape; its `data` is the data folder."""
    empty = Portolan(scratch / f"schema-{name}", binary)
    with empty:
        pass
    database = empty.folder / "data/portolan.db"

    can_derive = "--rebuild-catalog" in _said([str(binary), "check", "--help"])

    def make(folder):
        shutil.copytree(empty.folder / "data", folder / "data")
        catalog.load(folder / "data/portolan.db", SHAPES[name])
        if can_derive:
            _derive(binary, scratch, folder / "data")

    # The user was made with the schema, and nobody changes their password afterwards.
    made_from = [_schema(database), f"{USERNAME}:{PASSWORD}", "derived" if can_derive else ""]
    return _kept("portolan", name, "\n".join(made_from), make)


def for_distribution(name):
    """The storage folder of a distribution, 2.8 or v3: one tag in each repository, and all of the largest's."""
    return _kept("distribution", name, "", lambda folder: write_shape(folder, SHAPES[name]))


def _schema(database):
    """The version of the schema, as a step may change what rows mean, and every table and index."""
    with closing(sqlite3.connect(database)) as connection:
        (version,) = connection.execute("SELECT version FROM schema_version").fetchone()
        rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()
    return "\n".join([f"version {version}", *(sql for (sql,) in rows)])


def _said(command):
    return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout


def _derive(binary, scratch, data):
    """Lets the program compute anew what follows from the rows: whatever a newer schema derives is there then."""
    settings = Portolan(scratch / "derive", binary, data=data).environment()
    command = [str(binary), "check", "--rebuild-catalog"]
    done = subprocess.run(command, env=os.environ | settings, cwd=scratch, capture_output=True, text=True, timeout=1800)
    if done.returncode:
        raise RuntimeError(f"portolan check --rebuild-catalog failed: {(done.stderr or done.stdout)[-600:].strip()}")


def _kept(kind, name, made_from, make):
    sources = "".join((Path(__file__).parent / source).read_text() for source in SOURCES[kind])
    key = sha256(f"{name}\n{made_from}\n{sources}".encode()).hexdigest()[:12]
    folder = SETS / f"{kind}-{name}-{key}"
    with _alone():
        if not folder.is_dir():
            print(f"▸ making data set {name} for {kind}, once; L takes minutes", flush=True)
            started = time.perf_counter()
            part = folder.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
            make(part)
            part.rename(folder)
            print(f"  {time.perf_counter() - started:.0f} s, {folder}", flush=True)
        for old in SETS.glob(f"{kind}-{name}-*"):
            if old != folder:
                shutil.rmtree(old, ignore_errors=True)
    return folder


@contextmanager
def _alone():
    """Two runs at once take turns on the cache."""
    SETS.mkdir(parents=True, exist_ok=True)
    with (SETS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
