"""``python -m clipasso_engine`` is ``clipasso``."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
