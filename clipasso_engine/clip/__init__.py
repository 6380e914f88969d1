"""CLIP's networks, where they are installed, and where CLIP looks."""
