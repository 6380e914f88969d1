"""Measurements: several of each thing, told by median and spread; ratios of what was measured in one run."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

_NEARLY = 1.15  # a step whose cost grows by this much more than its size is still called linear: timings scatter


@dataclass(frozen=True)
class Figure:
    """One thing, measured several times on one device."""

    name: str
    values: tuple[float, ...]
    unit: str = "s"
    device: str = "cpu"

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def __str__(self) -> str:
        return f"{_number(self.median)} ({_number(min(self.values))}-{_number(max(self.values))})"


@dataclass(frozen=True)
class Ratio:
    """How many times as much one figure is as another, by their medians."""

    name: str
    of: Figure
    to: Figure

    @property
    def value(self) -> float:
        return self.of.median / self.to.median


@dataclass(frozen=True)
class Growth:
    """A cost against what it grows with."""

    name: str
    sizes: tuple[float, ...]  # ascending
    figures: tuple[Figure, ...]  # one for each size

    @property
    def exponent(self) -> float:
        """Of the power law through all points: 1 is linear, less is better."""
        costs = [figure.median for figure in self.figures]
        return float(np.polyfit(np.log(self.sizes), np.log(costs), 1)[0])

    @property
    def steepest(self) -> float:
        """The greatest growth of the cost between two sizes, as a share of what linear growth would be."""
        costs = [figure.median for figure in self.figures]
        steps = zip(self.sizes, self.sizes[1:], costs, costs[1:], strict=False)
        return max((after / before) / (larger / smaller) for smaller, larger, before, after in steps)

    @property
    def at_most_linear(self) -> bool:
        return self.steepest <= _NEARLY


@dataclass
class Measured:
    """All that one part of the bench found."""

    part: str
    figures: list[Figure] = field(default_factory=list)
    ratios: list[Ratio] = field(default_factory=list)
    growth: list[Growth] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # what was left out and why; what else there is to say

    def add(self, figure: Figure) -> Figure:
        self.figures.append(figure)
        return figure

    def to_json(self) -> dict[str, Any]:
        """Numbers, strings, lists and dictionaries only."""
        return {
            "figures": [
                {
                    "name": figure.name,
                    "unit": figure.unit,
                    "device": figure.device,
                    "median": figure.median,
                    "low": min(figure.values),
                    "high": max(figure.values),
                    "values": list(figure.values),
                }
                for figure in self.figures
            ],
            "ratios": [{"name": r.name, "of": r.of.name, "to": r.to.name, "value": r.value} for r in self.ratios],
            "growth": [
                {
                    "name": series.name,
                    "sizes": list(series.sizes),
                    "medians": [figure.median for figure in series.figures],
                    "exponent": series.exponent,
                    "steepest": series.steepest,
                    "at_most_linear": series.at_most_linear,
                }
                for series in self.growth
            ],
            "notes": list(self.notes),
        }

    def lines(self, devices: Sequence[str]) -> Iterator[str]:
        """A table for people: a row a figure, a column a device; then ratios, growth and notes."""
        yield f"{self.part}"
        names = list(dict.fromkeys((figure.name, figure.unit) for figure in self.figures))
        found = {(figure.name, figure.device): figure for figure in self.figures}
        wide = max([len(name) for name, _ in names] + [len(ratio.name) for ratio in self.ratios] + [24])
        for name, unit in names:
            cells = [str(found[name, device]) if (name, device) in found else "" for device in devices]
            yield f"  {name:<{wide}} {unit:>4} " + " ".join(f"{cell:>26}" for cell in cells)
        for ratio in self.ratios:
            yield f"  {ratio.name:<{wide}}    x {_number(ratio.value):>26}"
        for series in self.growth:
            told = (
                "at most linear" if series.at_most_linear else f"steeper than linear by {series.steepest:.2f} somewhere"
            )
            yield f"  {series.name}: to the power of {series.exponent:.2f}, {told}"
        for note in self.notes:
            yield f"  {note}"


def _number(value: float) -> str:
    """Three figures that tell something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}"
