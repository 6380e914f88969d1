"""From a file to the part of the photo that is drawn: decoded, its boundaries and its object found."""
