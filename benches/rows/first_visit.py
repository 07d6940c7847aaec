"""Row 16: a first visit in a real browser whose processor is four times as slow: what comes over the wire, when the
largest thing stands there, and how long the page is deaf meanwhile. With script and without."""

import json
import os
import subprocess
from pathlib import Path

from bench import ROOT
from data import BIG
from load import in_turns
from report import Line, at_most

SCRIPT = Path(__file__).parents[1] / "first_visit.mjs"
PAGES = {"/repositories": "the list of repositories", f"/r/{BIG}": "a list of tags"}


def measure(bench):
    cookie = bench.ours.session()["Cookie"]
    subjects = {(path, has_script): (path, has_script) for path in PAGES for has_script in (True, False)}

    def visit(asked):
        path, has_script = asked
        command = ["node", str(SCRIPT), f"http://127.0.0.1:{bench.ours.port}{path}", cookie, str(int(has_script))]
        said = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT / "end2end", env=os.environ)
        if said.returncode:
            raise RuntimeError(f"no visit of {path}: {said.stderr[-400:]}")
        return json.loads(said.stdout)

    found = in_turns(bench.few_rounds, subjects, visit, bench.deadline)
    lines = []
    for (path, has_script), figures in found.items():
        way = "" if has_script else ", without script"
        what = f"first visit of {PAGES[path]}{way}"
        lines.append(Line(16, f"{what}: bytes in all", "kB", figures["total_kb"],
                          goals=at_most(("must", 150), ("moonshot", 100)), note="as they come over the wire" if not lines else ""))
        lines.append(Line(16, f"{what}: largest paint", "ms", figures["lcp_ms"], goals=at_most(("must", 250)),
                          note="LCP at a quarter of the processor's speed" if len(lines) == 1 else ""))
        if not has_script:
            continue
        lines += [
            Line(16, f"{what}: HTML", "kB", figures["html_kb"], goals=at_most(("must", 8))),
            Line(16, f"{what}: styles", "kB", figures["css_kb"], goals=at_most(("must", 12))),
            Line(16, f"{what}: script and WebAssembly", "kB", figures["code_kb"], goals=at_most(("moonshot", 75))),
            Line(16, f"{what}: deaf for", "ms", figures["tbt_ms"], goals=at_most(("moonshot", 30)), note="total blocking time"),
            Line(16, f"{what}: layout shift", "", figures["cls"], goals=at_most(("moonshot", 0))),
        ]
    return lines
