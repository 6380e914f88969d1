"""The parts of install.py. Standard library only, Python 3.9: this runs before anything is installed."""
