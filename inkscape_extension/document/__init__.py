"""Reading the document: the photo, where it lies, lines and shapes drawn on it."""
