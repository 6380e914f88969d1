"""What lies where older versions had their programs: an Inkscape left open over an update still starts those.

install.py copies this file to each of these places, in the folder ``inkscape_extension``. Without it Inkscape would
show Python's own "can't open file".
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def main() -> int:
    """Exit status 1: the document did not change."""
    try:
        from inkscape_extension import messages
        from inkscape_extension.translation import translated
    except ImportError as error:
        sys.exit(f"The files of the extension are not complete ({error}). Run install.py again, then restart Inkscape.")
    messages.tell(translated("This extension was updated while Inkscape was open. Restart Inkscape to use it."))
    return 1


if __name__ == "__main__":
    sys.exit(main())
