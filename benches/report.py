"""Lines of the result table, the record in JSON and the table for readers. Losses are printed like wins."""

import json

from load import Series

PEER = "distribution 2.8"

class Goal:
    """One step of a goal (must, target, moonshot) and whether this run reached it."""

    def __init__(self, step, words, met):
        self.step, self.words, self.met = step, words, bool(met)


class Line:
    """One figure of ours beside another's: a peer's, a limit's, or our own with other data.

    `ratio` says how many times better we are, whichever direction is better: above 1 we win."""

    def __init__(self, row, what, unit, us, peer=None, better="more", goals=(), note="", beside=PEER):
        self.row, self.what, self.unit, self.note = row, what, unit, note
        self.us, self.peer = _series(us), None if peer is None else _series(peer)
        self.beside = "" if peer is None else beside
        self.better = better
        self.ratio = None
        if self.peer:
            above, below = (self.us, self.peer) if better == "more" else (self.peer, self.us)
            self.ratio = above.median / below.median if below.median else None
        self.goals = [Goal(step, words, test(self)) for step, words, test in goals]

    def verdict(self):
        """The highest step all of whose goals were reached, without a gap below it."""
        reached = None
        for step in dict.fromkeys(goal.step for goal in self.goals):
            if not all(goal.met for goal in self.goals if goal.step == step):
                return f"{reached} met, {step} missed" if reached else f"{step} missed"
            reached = step
        return f"{reached} met" if reached else ""

    def record(self):
        return {
            "row": self.row, "what": self.what, "unit": self.unit, "better": self.better, "note": self.note,
            "us": self.us.record(), "beside": self.beside, "peer": self.peer and self.peer.record(),
            "ratio": self.ratio and round(self.ratio, 3), "verdict": self.verdict(),
            "goals": [{"step": goal.step, "goal": goal.words, "met": goal.met} for goal in self.goals],
        }


def beside_all(found, row, what, unit, figure, better="more", goals=(), note="", own_goals=None):
    """A line for each of those measured with us. Goals that name a ratio are held against the first, a
    distribution 2.8; `own_goals` has what another one is held against."""
    lines = []
    for who in found:
        if who != "us":
            held = (own_goals or {}).get(who, ()) if lines else goals
            us, peer = found["us"][figure], found[who][figure]
            lines.append(Line(row, what, unit, us, peer, better, held, "" if lines else note, who))
    return lines


def times(*steps):
    """Goals as ratios to the peer: `times(("must", 10))`."""
    return [(step, f"≥ {factor:g}×", lambda line, f=factor: (line.ratio or 0) >= f) for step, factor in steps]


def at_most(*steps):
    return [(step, f"≤ {limit:g}", lambda line, at=limit: line.us.median <= at) for step, limit in steps]


def at_least(*steps):
    return [(step, f"≥ {limit:g}", lambda line, at=limit: line.us.median >= at) for step, limit in steps]


def _series(value):
    return value if isinstance(value, Series) else Series([value])


def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _figure(series, unit):
    if series is None:
        return "–"
    text = f"{number(series.median)} {unit}".strip()
    if len(series.values) > 1:
        text += f" ({number(series.min)}–{number(series.max)})"
    return text


def table(lines):
    """The lines as a Markdown table."""
    head = ["Row", "What", "Portolan", "Beside", "Its figure", "Ratio", "Goal", "Reached"]
    cells = [head, ["---:", "---", "---:", "---", "---:", "---:", "---", "---"]]
    for line in lines:
        goal = ", ".join(f"{goal.step} {goal.words}" for goal in line.goals)
        ratio = "–" if line.ratio is None else f"{number(line.ratio)}×"
        us, peer = _figure(line.us, line.unit), _figure(line.peer, line.unit)
        cells.append([line.row, line.what, us, line.beside, peer, ratio, goal, line.verdict()])
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in cells)


def page(result, lines):
    """The readable page: machine, table, notes, and what was not measured."""
    facts = result["facts"]
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items() if name != "portolan")
    parts = [
        f"# Bench of {facts['commit']}, {facts['date'][:10]}",
        f"Written by `make bench` ({result['mode']}, {result['seconds']:.0f} s). Every figure is a median, with the "
        "least and the most of its rounds behind it. All ran at the same time on the same machine, in turns, "
        "clients included. A ratio above 1 means that Portolan is better.",
        f"{facts['cpu']}, {facts['cores']} cores, {facts['memory_gb']} GB, Linux {facts['kernel']}; load average "
        f"{facts['load_average_before'][0]} before and {facts['load_average_after'][0]} after. {versions}.",
    ]
    if result["warnings"]:
        parts.append("\n".join(f"- **{warning}**" for warning in result["warnings"]))
    parts.append(table(lines))
    notes = [f"- Row {line.row}, {line.what}: {line.note}" for line in lines if line.note]
    parts.append("## Notes\n\n" + "\n".join(notes + [f"- {note}" for note in result["notes"]]))
    if result["missing"]:
        parts.append("## Not measured\n\n" + "\n".join(f"- {text}" for text in result["missing"]))
    return "\n\n".join(parts) + "\n"


def write(folder, result, lines, suffix):
    """Writes the record and, for a whole run, the page; returns the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = result["facts"]
    name = f"{facts['date'][:10]}-{facts['commit']}{suffix}"
    record = folder / f"{name}.json"
    record.write_text(json.dumps(result | {"lines": [line.record() for line in lines]}, indent=1) + "\n")
    readable = folder / ("latest.md" if not suffix else f"latest{suffix}.md")
    readable.write_text(page(result, lines))
    return record, readable
