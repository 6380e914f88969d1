"""SVG path data and transforms, read as joined cubic Bézier curves. NumPy and the standard library only.

Strokes that were edited by hand have all that the language of SVG 1.1's paths knows: relative commands, smooth ones,
arcs. What follows the first mistake in path data is left out, as the specification says.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

MAX_COORDINATE = 1e7
"""Paths with larger ones are no drawings."""

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_TOKEN = re.compile(rf"\s*,?\s*(?:([MmZzLlHhVvCcSsQqTtAa])|({NUMBER}))")
_FLAG = re.compile(r"\s*,?\s*([01])")
_OPERANDS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7, "Z": 0}
_FUNCTION = re.compile(r"(matrix|translate|scale|rotate|skewX|skewY)\s*\(([^)]*)\)")

Array = NDArray[np.float64]
Point = NDArray[np.float64]


def chains(data: str) -> list[Array]:
    """The subpaths of path data, each [3 k + 1, 2] control points of k joined cubics; none for points alone."""
    reader = _Reader()
    for letter, operands in _commands(data):
        reader.take(letter, operands)
    reader.end_subpath()
    found = [np.array(chain, dtype=np.float64) for chain in reader.finished]
    return [chain for chain in found if np.abs(chain).max() <= MAX_COORDINATE]


def polyline(points: str, closed: bool) -> str:
    """Path data of an SVG ``points`` attribute."""
    numbers = re.findall(NUMBER, points)
    return f"M {' '.join(numbers[: len(numbers) // 2 * 2])}{' Z' if closed else ''}" if len(numbers) >= 4 else ""


def matrix(text: str) -> Array:
    """The [2, 3] matrix of an SVG ``transform``; that which moves nothing where it cannot be read."""
    result = np.eye(3)
    for name, inside in _FUNCTION.findall(text):
        numbers = [float(number) for number in re.findall(NUMBER, inside)]
        try:
            result = result @ _FUNCTIONS[name](*numbers)
        except TypeError:  # too many or too few numbers
            return np.eye(3)[:2]
    return result[:2] if np.isfinite(result).all() else np.eye(3)[:2]


def moved(points: Array, by: Array) -> Array:
    """Points [..., 2] moved by a matrix [2, 3]."""
    result: Array = points @ by[:, :2].T + by[:, 2]
    return result


def _commands(data: str) -> Iterator[tuple[str, list[float]]]:
    """Commands one by one, each letter said; ends at the first mistake."""
    at, letter = 0, ""
    while True:
        match = _TOKEN.match(data, at)
        if match is None or (not letter and match.group(1) not in ("M", "m")):
            return
        if match.group(1):
            letter, at = match.group(1), match.end()
        elif letter in "Zz":
            return
        operands = []
        for number in range(_OPERANDS[letter.upper()]):
            token = (_FLAG if letter in "Aa" and number in (3, 4) else _TOKEN).match(data, at)
            if token is None or not token.group(token.lastindex or 0).strip("MmZzLlHhVvCcSsQqTtAa"):
                return
            operands.append(float(token.group(token.lastindex or 0)))
            at = token.end()
        yield letter, operands
        letter = {"M": "L", "m": "l"}.get(letter, letter)


class _Reader:
    """Where the pen is while path data is read."""

    def __init__(self) -> None:
        self.finished: list[list[Point]] = []
        self._chain: list[Point] = []
        self._at = self._start = np.zeros(2)
        self._handle: Point | None = None  # of the curve before, for one that goes on smoothly
        self._before = ""

    def take(self, letter: str, operands: list[float]) -> None:
        upper = letter.upper()
        origin = self._at if letter.islower() else np.zeros(2)
        getattr(self, f"_{upper.lower()}")(np.array(operands), origin)
        self._before = upper

    def end_subpath(self) -> None:
        if len(self._chain) > 1:
            self.finished.append(self._chain)
        self._chain = []

    def _cubic(self, one: Point, two: Point, end: Point) -> None:
        if not self._chain:
            self._chain = [self._at]
        self._chain += [one, two, end]
        self._at = end

    def _line(self, end: Point) -> None:
        self._cubic(self._at + (end - self._at) / 3, self._at + (end - self._at) * 2 / 3, end)

    def _m(self, operands: Array, origin: Point) -> None:
        self.end_subpath()
        self._at = self._start = operands + origin

    def _z(self, _operands: Array, _origin: Point) -> None:
        if self._chain and np.abs(self._at - self._start).max() > 1e-9:
            self._line(self._start)
        self.end_subpath()
        self._at = self._start

    def _l(self, operands: Array, origin: Point) -> None:
        self._line(operands + origin)

    def _h(self, operands: Array, origin: Point) -> None:
        self._line(np.array([operands[0] + origin[0], self._at[1]]))

    def _v(self, operands: Array, origin: Point) -> None:
        self._line(np.array([self._at[0], operands[0] + origin[1]]))

    def _c(self, operands: Array, origin: Point) -> None:
        one, two, end = operands.reshape(3, 2) + origin
        self._handle = two
        self._cubic(one, two, end)

    def _s(self, operands: Array, origin: Point) -> None:
        two, end = operands.reshape(2, 2) + origin
        one = self._mirrored("CS")
        self._handle = two
        self._cubic(one, two, end)

    def _q(self, operands: Array, origin: Point) -> None:
        handle, end = operands.reshape(2, 2) + origin
        self._quadratic(handle, end)

    def _t(self, operands: Array, origin: Point) -> None:
        self._quadratic(self._mirrored("QT"), operands + origin)

    def _quadratic(self, handle: Point, end: Point) -> None:
        self._handle = handle
        self._cubic(self._at + (handle - self._at) * 2 / 3, end + (handle - end) * 2 / 3, end)

    def _mirrored(self, after: str) -> Point:
        return 2 * self._at - self._handle if self._handle is not None and self._before in after else self._at

    def _a(self, operands: Array, origin: Point) -> None:
        end = operands[5:] + origin
        for one, two, last in _arc(self._at, end, operands[:5]):
            self._cubic(one, two, last)
        self._at = end


def _arc(start: Point, end: Point, how: Array) -> list[tuple[Point, Point, Point]]:
    """An elliptical arc as cubics of at most a quarter turn (SVG 1.1, F.6). ``how``: radii, turn, two flags."""
    radii, (large, sweep) = np.abs(how[:2]), how[3:] != 0
    if not radii.min() or not np.abs(end - start).max():
        third = (end - start) / 3
        return [(start + third, end - third, end)] if np.abs(end - start).max() else []
    turn = math.radians(how[2])
    turned = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    half = turned.T @ (start - end) / 2
    radii = radii * max(1.0, float(np.linalg.norm(half / radii)))
    unit = half / radii
    away = math.sqrt(max(0.0, 1 / float(unit @ unit) - 1)) * (-1 if large == sweep else 1)
    middle = away * np.array([unit[1], -unit[0]])
    first, last = (math.atan2(*(point - middle)[::-1]) for point in (unit, -unit))
    whole = (last - first) % (2 * math.pi) - (0 if sweep else 2 * math.pi)
    count = max(1, math.ceil(abs(whole) / (math.pi / 2) - 1e-9))
    step = whole / count
    reach = 4 / 3 * math.tan(step / 4)
    result = []
    centre = (start + end) / 2 + turned @ (middle * radii)
    for number in range(count):
        a, b = first + number * step, first + (number + 1) * step
        on_circle = [
            (math.cos(a) - reach * math.sin(a), math.sin(a) + reach * math.cos(a)),
            (math.cos(b) + reach * math.sin(b), math.sin(b) - reach * math.cos(b)),
            (math.cos(b), math.sin(b)),
        ]
        one, two, last_point = (centre + turned @ (np.array(point) * radii) for point in on_circle)
        result.append((one, two, end if number == count - 1 else last_point))
    return result


def _of(a: float, b: float, c: float, d: float, e: float, f: float) -> Array:
    return np.array([[a, c, e], [b, d, f], [0.0, 0.0, 1.0]])


def _rotate(angle: float, x: float = 0.0, y: float = 0.0) -> Array:
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return _of(1, 0, 0, 1, x, y) @ _of(cos, sin, -sin, cos, 0, 0) @ _of(1, 0, 0, 1, -x, -y)


def _scale(x: float, y: float | None = None) -> Array:
    return _of(x, 0, 0, x if y is None else y, 0, 0)


_FUNCTIONS: dict[str, Callable[..., Array]] = {
    "matrix": _of,
    "translate": lambda x, y=0.0: _of(1, 0, 0, 1, x, y),
    "scale": _scale,
    "rotate": _rotate,
    "skewX": lambda angle: _of(1, 0, math.tan(math.radians(angle)), 1, 0, 0),
    "skewY": lambda angle: _of(1, math.tan(math.radians(angle)), 0, 1, 0, 0),
}
