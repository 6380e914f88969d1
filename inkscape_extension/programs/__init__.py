"""What Inkscape starts: each file is an entry of the menu."""
