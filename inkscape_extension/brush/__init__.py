"""How strokes look."""
