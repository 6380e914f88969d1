"""The window that shows strokes while they move."""
