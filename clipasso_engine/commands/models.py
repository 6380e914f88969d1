"""``clipasso models``: list, verify, fetch and export weights."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from ..contract.errors import UserError
from ..weights import download, models, transfer
from . import advice


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give the parser of ``clipasso models`` its actions; without one it lists."""
    parser.set_defaults(action=_list)
    actions = parser.add_subparsers(title="actions", metavar="list | verify | fetch | export")
    actions.add_parser("list", help="what is known and what is here").set_defaults(action=_list)
    verify = actions.add_parser("verify", help="re-check every byte of the weights that are here")
    verify.set_defaults(action=_verify)
    fetch = actions.add_parser("fetch", help="bring weights here and check them; CLIP's when none are named")
    fetch.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(_fetchable())}; or clip-MODEL")
    fetch.add_argument("--from", dest="folder", type=Path, help="a folder to take them from, instead of the network")
    fetch.add_argument("--own", action="store_true", help="with --from: your own weights, whatever their SHA-256")
    fetch.set_defaults(action=_fetch)
    export = actions.add_parser("export", help="copy the weights that are here into a folder, for fetch --from")
    export.add_argument("folder", type=Path, help="the folder to fill")
    export.add_argument("names", nargs="*", metavar="NAME", help="which; all that are here when none are named")
    export.set_defaults(action=_export)


def run(arguments: argparse.Namespace) -> int:
    """Do what the parsed arguments ask and return the exit status. Raises `UserError`."""
    status: int = arguments.action(arguments)
    return status


def _fetchable() -> list[str]:
    return [weights.name for weights in models.REGISTRY.values() if not weights.bundled]


def _list(_: argparse.Namespace) -> int:
    for weights in models.REGISTRY.values():
        here = "here" if models.available(weights.name) else "not here"
        print(f"{weights.name:14} {here:9} {weights.size / 1e6:6.1f} MB  {weights.licence:17} {weights.purpose}")
        print(f"{'':14} {models.location(weights)}")
        print(f"{'':14} from: {weights.source}; SHA-256: {_hash(weights)}")
    return 0


def _hash(weights: models.Weights) -> str:
    record = models.record_of(weights)
    if record is None:
        return "none published, the hub's own is checked and recorded when it is fetched"
    return record.sha256 + (" (your own weights)" if record.own else "")


def _verify(_: argparse.Namespace) -> int:
    faults = []
    for name in models.REGISTRY:
        found = models.status(name)
        print(f"{name:14} {found.state}")
        if found.state != "missing" or found.weights.bundled:
            faults += [found] if found.state != "present" else []
    if faults:
        what = "; ".join(f"{fault.weights.name} is {fault.state}" for fault in faults)
        raise UserError(f"Not all weights are as they should be: {what}. {advice.remedy(faults[0].weights)}")
    return 0


def _fetch(arguments: argparse.Namespace) -> int:
    chosen = [models.find(name) for name in arguments.names] or [models.CLIP_RN101, models.CLIP_VIT_B32]
    for weights in chosen:
        if weights.bundled:
            raise UserError(f"{weights.name} is part of CLIPasso and never fetched. To mend it, run install.py again.")
        if arguments.folder is not None:
            file = transfer.fetch_from(arguments.folder, weights, arguments.own)
        elif arguments.own:
            raise UserError("--own is for files of yours, so it needs --from FOLDER.")
        else:
            with _Progress(weights.name) as progress:
                file = download.fetch(weights, progress)
        print(f"{weights.name}: {file}, SHA-256 {_hash(weights)}")
    return 0


def _export(arguments: argparse.Namespace) -> int:
    names = arguments.names or [name for name in _fetchable() if models.available(name)]
    if not names:
        raise UserError("There are no weights to export here. Fetch some first: clipasso models fetch.")
    for name in names:
        print(transfer.export(models.find(name), arguments.folder))
    return 0


class _Progress:
    """A bar on a terminal, a line for every tenth elsewhere."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._tenth = -1
        self._bar: tqdm | None = None

    def __enter__(self) -> _Progress:
        if sys.stderr.isatty():
            self._bar = tqdm(desc=self._name, unit="B", unit_scale=True, unit_divisor=1000)
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def __call__(self, done: int, total: int) -> None:
        if self._bar is not None:
            self._bar.total = total
            self._bar.update(done - self._bar.n)
        elif total and done * 10 // total > self._tenth:
            self._tenth = done * 10 // total
            print(f"{self._name}: {done / 1e6:.0f} of {total / 1e6:.0f} MB", file=sys.stderr)
