"""A finished sketch is drawn once more, stroke after stroke: as an animation, or by a plotter's pen."""
