"""What the machine says: its facts for the record, and CPU and memory of one process from /proc."""

import datetime
import os
import re
import subprocess
from pathlib import Path

CACHE = Path(os.environ.get("PORTOLAN_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "portolan")
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """CPU time of all threads of a process so far, those that have ended included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mb(pid):
    """Resident memory now and at its peak, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    kib = {key: int(value) for key, value in re.findall(r"^(VmRSS|VmHWM):\s+(\d+)", status, re.MULTILINE)}
    return kib["VmRSS"] * 1024 / 1e6, kib["VmHWM"] * 1024 / 1e6


def forget_peak(pid):
    """Lets the peak start again from what is resident now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def load_average():
    return [float(figure) for figure in Path("/proc/loadavg").read_text().split()[:3]]


def compilers_running():
    """Whether somebody builds Rust at the same time: figures taken then are worth little."""
    return any(_name(folder) == "rustc" for folder in Path("/proc").glob("[0-9]*"))


def facts(root, binary):
    """What a reader needs to judge the figures."""
    dirty = bool(_said(["git", "-C", str(root), "status", "--porcelain", "--", "src", "style", "Cargo.lock"]))
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "commit": _said(["git", "-C", str(root), "rev-parse", "--short=10", "HEAD"]) + ("-dirty" if dirty else ""),
        "binary_built": _moment(binary.stat().st_mtime),
        "committed": _moment(float(_said(["git", "-C", str(root), "log", "-1", "--format=%ct"]) or 0)),
        "cpu": _first(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text()),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9, 1),
        "kernel": os.uname().release,
        "load_average_before": load_average(),
        "versions": {
            "portolan": _said([str(binary), "--version"]),
            "docker-registry": _first(r"\S+$", _said(["docker-registry", "--version"])),
            "distribution v3": _first(r"v\d\S+$", _said([str(CACHE / "peers/registry"), "--version"])),
            "zot": _first(r'"(?:release-tag|commit)":"?([^",]+)', _said([str(CACHE / "peers/zot"), "--version"])),
            "nginx": _first(r"nginx/(\S+)", _said(["/usr/sbin/nginx", "-v"])),
            "wrk": _first(r"wrk (\S+)", _said(["wrk", "-v"])),
            "python": ".".join(map(str, os.sys.version_info[:3])),
        },
    }


def _moment(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat(timespec="seconds")


def _said(command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def _first(pattern, text):
    found = re.search(pattern, text)
    return found.group(found.lastindex or 0).strip() if found else "none"


def _name(folder):
    try:
        return (folder / "comm").read_text().strip()
    except OSError:
        return ""
