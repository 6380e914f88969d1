"""``clipasso models``: list, verify, fetch and export weights."""

from __future__ import annotations

import argparse

from . import models
from .errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give the parser of ``clipasso models`` its actions; without one it lists."""
    parser.set_defaults(action=_list)
    actions = parser.add_subparsers(title="actions", metavar="list | verify | fetch | export")
    actions.add_parser("list", help="what is known and what is here").set_defaults(action=_list)
    verify = actions.add_parser("verify", help="re-check every byte of the weights that are here")
    verify.set_defaults(action=_verify)


def run(arguments: argparse.Namespace) -> int:
    """Do what the parsed arguments ask and return the exit status. Raises `UserError`."""
    status: int = arguments.action(arguments)
    return status


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
        raise UserError(f"Not all weights are as they should be: {what}. {models.remedy(faults[0].weights)}")
    return 0
