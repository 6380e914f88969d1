"""How good sketches are, in numbers and beside what else a user might take; docs/evaluation.md defines each number.

Nothing here is needed to sketch. `metrics` measures strokes, `alternatives` draws what a user would take instead,
`table`, `sheet` and `blind` show it.
"""
