"""A run inside Inkscape or beside it, and how its sketch gets into the document."""
