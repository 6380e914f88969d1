"""The best N strokes for the lines."""
