"""The nonzero rule as even-odd areas."""

import pytest

from inkscape_extension.document import winding

OUTER = ((0, 0), (8, 0), (8, 8), (0, 8))
INNER = ((2, 2), (6, 2), (6, 6), (2, 6))
POINT = ((3, 3), (5, 3), (5, 5), (3, 5))


def back(ring):
    return tuple(reversed(ring))


@pytest.mark.parametrize(
    ("rings", "areas"),
    [
        ([OUTER], [[OUTER]]),
        ([OUTER, INNER], [[OUTER], [INNER]]),
        ([OUTER, back(INNER)], [[OUTER, back(INNER)]]),
        ([back(OUTER), INNER], [[back(OUTER), INNER]]),
        ([OUTER, INNER, back(POINT)], [[OUTER]]),  # twice round but once: still inside
        ([OUTER, back(INNER), POINT], [[OUTER, back(INNER), POINT]]),
    ],
)
def test_what_is_inside(rings, areas):
    assert [list(shape) for shape in winding.areas(rings)] == areas
