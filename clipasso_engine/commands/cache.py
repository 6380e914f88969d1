"""``clipasso cache``: what is kept of photos that were looked at."""

from __future__ import annotations

import argparse

from ..contract import paths
from ..contract.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=("show", "clear"), default="show")


def run(arguments: argparse.Namespace) -> int:
    from ..seeing import analysis_cache  # brings torch

    if arguments.action == "clear":
        try:
            freed = analysis_cache.clear()
        except OSError as error:
            raise UserError(
                f"The cache {paths.home() / 'cache'} cannot be cleared ({error.strerror}). Allow writing there."
            ) from None
        print(f"{freed / 2**20:.1f} MB freed")
        return 0
    files = analysis_cache.files()
    size = sum(file.stat().st_size for file in files) / 2**20
    print(
        f"{len(files)} photos, {size:.1f} of at most {analysis_cache.MAX_BYTES >> 20} MB, in {analysis_cache.folder()}"
    )
    return 0
