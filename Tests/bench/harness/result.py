"""Figures of a case, the bars they are held against, and how they are printed."""

import json
import statistics


def median(values):
    return statistics.median(list(values))


class Bar:
    """A figure and the bound that it must keep; both as they are printed."""

    def __init__(self, what, figure, bound, atleast=True, unit="", spread=None):
        self.what = what
        self.figure = figure
        self.bound = bound
        self.atleast = atleast
        self.unit = unit
        self.spread = spread

    @property
    def holds(self):
        return self.figure >= self.bound if self.atleast else self.figure <= self.bound

    def record(self):
        return {**vars(self), "holds": self.holds}

    def line(self):
        spread = f" ({self.spread[0]:.2f}–{self.spread[1]:.2f})" if self.spread else ""
        sign = "≥" if self.atleast else "≤"
        if self.holds:
            verdict = "ok"
        else:
            verdict = f"MISSED by {abs(self.figure - self.bound) / self.bound:.0%}"
        return f"{self.what:<64} {self.figure:.2f}{self.unit}{spread}, {sign} {self.bound:g}{self.unit}: {verdict}"


def ratio_bar(what, pairs, bound):
    """Of the ratios of each round the median: both sides of a ratio met the same machine."""
    ratios = [upper / lower for upper, lower in pairs]
    return Bar(what, median(ratios), bound, spread=(min(ratios), max(ratios)), unit=" ×")


class Result:
    """What a case found."""

    def __init__(self, name, title):
        self.name = name
        self.title = title
        self.header = []
        self.rows = []
        self.bars = []
        self.notes = []
        self.rounds = {}

    def turns(self, turns):
        """The table of contenders that were loaded: name → a Turn each round."""
        extra = sorted({name for rounds in turns.values() for turn in rounds for name in turn.others})
        self.header = ["", "requests/s", "p50 ms", "p99 ms", "CPU µs/request", "user", "system", *(f"{name} µs" for name in extra), "foreign"]
        for name, rounds in turns.items():
            figure = lambda key: median(getattr(turn, key) for turn in rounds)  # noqa: E731
            self.rows.append([
                name, f"{figure('rate'):,.0f}", f"{figure('p50'):.2f}", f"{figure('p99'):.2f}", f"{figure('cpu'):.2f}",
                f"{figure('user'):.2f}", f"{figure('system'):.2f}",
                *(f"{median(turn.others.get(other, 0) for turn in rounds):.1f}" for other in extra), f"{figure('foreign'):.0%}"])
            self.rounds[name] = [turn.record() for turn in rounds]

    def record(self):
        return {"title": self.title, "header": self.header, "rows": self.rows, "notes": self.notes,
                "bars": [bar.record() for bar in self.bars], "rounds": self.rounds}

    def print(self):
        print(f"\n{self.name}: {self.title}")
        table = [self.header, *self.rows]
        widths = [max(len(row[column]) for row in table) for column in range(len(self.header))]
        for row in table:
            cells = [cell.ljust(width) if index == 0 else cell.rjust(width) for index, (cell, width) in enumerate(zip(row, widths))]
            print("  " + "  ".join(cells).rstrip())
        for note in self.notes:
            print(f"  {note}")
        for bar in self.bars:
            print(f"  {bar.line()}")


def save(path, facts, results):
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"facts": facts, "cases": {result.name: result.record() for result in results}}, file, indent=2, ensure_ascii=False)
        file.write("\n")
