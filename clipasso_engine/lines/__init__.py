"""The lines worth drawing, with weights."""
