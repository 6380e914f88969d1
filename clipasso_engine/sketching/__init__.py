"""From chosen strokes to finished sketches, level by level."""
