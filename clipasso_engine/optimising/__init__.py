"""Moving the chosen strokes until they fit."""
