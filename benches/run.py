#!/usr/bin/env python3
"""`make bench`: Portolan's release binary beside its peers, in one run on one machine.

Starts everything on free loopback ports in a temporary folder, fills all sides with the same data,
measures in turns and writes benches/results/. It prints ratios and never passes or fails by them;
it exits non-zero only where something could not be measured at all."""

import argparse
import contextlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

import machine
import report
from bench import ROOT, Bench, say
from load import OutOfTime
from rows import NEED_DATA, NEED_SETS, ROWS

GRACE_S = 15  # Beyond the time for the run, before it is ended from outside its loops.


def main():
    asked = arguments()
    bench = Bench(asked)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGALRM, _too_long)
    result = {"mode": asked.mode, "facts": machine.facts(ROOT, bench.binary), "missing": []}
    lines = []
    bench.scratch = Path(tempfile.mkdtemp(prefix="portolan-bench-"))
    try:
        # A copy of our own: a build that ends in the middle must not change what is measured.
        bench.binary = Path(shutil.copy2(bench.binary, bench.scratch / "portolan-measured"))
        if NEED_SETS & set(asked.rows):
            bench.make_sets()  # Once in a machine's life, so outside of the time for a run.
        started = time.monotonic()
        bench.begin()
        signal.alarm(int(bench.deadline.left()) + GRACE_S)
        with contextlib.ExitStack() as bench.running:
            measure_rows(bench, asked.rows, lines, result)
    finally:
        for late in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
            signal.signal(late, signal.SIG_IGN)  # Nothing interrupts the sweeping up.
        sweep(bench.scratch)
    result["seconds"] = round(time.monotonic() - started, 1)
    result["seeding"], result["notes"] = bench.seeding, bench.notes
    result["facts"]["load_average_after"] = machine.load_average()
    result["warnings"] = warnings(result["facts"], bench.met_compilers)
    if not lines:
        sys.exit("✘ nothing could be measured:\n  " + "\n  ".join(result["missing"]))
    written = report.write(asked.out, result, lines, asked.suffix)
    print("\n" + report.table(lines))
    for text in result["warnings"] + result["missing"]:
        print(f"✘ {text}")
    print(f"\n▸ {result['seconds']:.0f} s; written to " + " and ".join(map(str, written)))
    sys.exit(1 if result["missing"] else 0)


def measure_rows(bench, rows, lines, result):
    """Measures what was asked for; a row that fails is told and does not stop the others."""
    try:
        if NEED_DATA & set(rows):
            bench.seed()
    except (RuntimeError, OSError) as error:
        result["missing"].append(f"Seeding failed, so rows {sorted(NEED_DATA & set(rows))} were not measured: {error}")
        rows = [row for row in rows if row not in NEED_DATA]
    for row in rows:
        bench.met_compilers |= machine.compilers_running()
        say(f"row {row}: {ROWS[row].__module__.split('.')[-1].replace('_', ' ')}")
        try:
            bench.deadline.check()
            found = ROWS[row](bench)
        except Exception as error:  # One broken row must not cost the others.
            result["missing"].append(f"Row {row}: {type(error).__name__}: {error}")
            print(f"  ✘ {type(error).__name__}: {error}", flush=True)
            if isinstance(error, TooLong):
                return
            continue
        lines += found
        for line in found[:2]:
            ratio = f", {report.number(line.ratio)}×" if line.ratio else ""
            print(f"  {line.what}: {report.number(line.us.median)} {line.unit}{ratio}", flush=True)


def warnings(facts, met_compilers):
    """What makes these figures worth less."""
    found = []
    if met_compilers or machine.compilers_running():
        found.append("A Rust build ran at the same time: do not trust these figures.")
    cores, load = facts["cores"], facts["load_average_before"][0]
    if load > cores:
        found.append(f"The machine was busy already (load {load} on {cores} cores): trust ratios and CPU only.")
    if facts["binary_built"] < facts["committed"] or facts["commit"].endswith("-dirty"):
        found.append(f"The binary, built {facts['binary_built']}, may not be this commit's.")
    return found


def sweep(folder):
    """Removes the folder behind our back: the peer leaves a hundred thousand files, which take some disks minutes."""
    command = ["rm", "-rf", str(folder)]
    subprocess.Popen(["ionice", "-c3", *command] if shutil.which("ionice") else command, start_new_session=True)


class TooLong(OutOfTime):
    """The run went on far beyond its time."""


def _too_long(*_):
    raise TooLong("the run went on far beyond its time and was ended")


def arguments():
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="under three minutes: data set S and not L, no v3 and no zot")
    parser.add_argument("--full", action="store_true", help="row 15 over 177k tags; takes up to an hour")
    parser.add_argument("--rows", type=_rows, default=list(ROWS), metavar="1,3", help="only these rows")
    parser.add_argument("--tags", type=int, metavar="N", help="tags of the large repository (10000)")
    parser.add_argument("--crawl", type=_crawl, metavar="NxM", help="repositories × tags of row 15 (100x50)")
    parser.add_argument("--out", type=Path, default=ROOT / "benches/results", metavar="FOLDER", help="where results go")
    asked = parser.parse_args()
    asked.mode = "quick" if asked.quick else "full" if asked.full else "whole"
    asked.crawl = asked.crawl or {"quick": (40, 50), "whole": (100, 50), "full": (885, 200)}[asked.mode]
    parts = [asked.mode] if asked.mode != "whole" else []
    if asked.rows != list(ROWS):
        parts.append("rows-" + "-".join(map(str, asked.rows)))
    asked.suffix = "".join(f"-{part}" for part in parts)
    return asked


def _rows(text):
    rows = [int(row) for row in text.split(",")]
    if unknown := [row for row in rows if row not in ROWS]:
        raise argparse.ArgumentTypeError(f"there is no row {unknown[0]}; rows are {', '.join(map(str, ROWS))}")
    return sorted(set(rows))


def _crawl(text):
    n_repositories, n_tags = text.lower().split("x")
    return int(n_repositories), int(n_tags)


if __name__ == "__main__":
    main()
