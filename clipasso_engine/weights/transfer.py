"""Carry weights from one machine to another through a folder, for those without a network."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from ..contract import paths
from ..contract.errors import UserError
from . import models, storing
from .models import Record, Weights

_CHUNK = 1 << 18


def fetch_from(folder: Path, weights: Weights, own: bool = False) -> Path:
    """Copy the weights from ``folder``: our export, a clone of the hub's repository, or its cache.

    With ``own``, a file of the right architecture is taken although its hash is not the published one.
    """
    found = _search(folder, weights)
    expected = _told_hash(found, weights)
    storing.make_folder(paths.models())
    file = models.location(weights)
    with storing.locked(file):
        part = file.with_name(file.name + ".copy.part")
        try:
            digest = _copy(found, part)
            # First the architecture: of a web page or a pickle that says more than a wrong hash would.
            storing.check_architecture(part, weights, called=found)
            if expected and digest != expected and not own:
                raise UserError(
                    f"{found} is not the published {weights.name}: its SHA-256 is {digest}, expected is {expected}. "
                    "Get the file again; if it is your own on purpose, add --own."
                )
            is_own = own and digest != expected
            storing.store(part, file, Record(digest, part.stat().st_size, str(found), own=is_own))
        finally:
            part.unlink(missing_ok=True)
    return file


def export(weights: Weights, folder: Path) -> Path:
    """Copy verified weights and their record into ``folder``, for `fetch_from` on another machine."""
    source = models.path(weights.name)
    record = models.record_of(weights)
    if record is None:
        raise AssertionError("verified weights have a record")
    storing.make_folder(folder)
    target = folder / weights.file
    part = target.with_name(target.name + ".part")
    try:
        if _copy(source, part) != record.sha256:
            raise UserError(f"{source} changed while it was copied. Run the export again.")
        storing.store(part, target, record)
    finally:
        part.unlink(missing_ok=True)
    return target


def _search(folder: Path, weights: Weights) -> Path:
    """The file of these weights in a folder laid out by our export, the hub's cache or a clone of its repository."""
    choices = [folder / weights.file]
    if weights.url.startswith("hub:"):
        repository, rest = weights.url[4:].split("@", 1)
        file = rest.split("/", 1)[1]
        choices += [folder / repository / file, folder / repository.split("/")[-1] / file]
        snapshots = folder / ("models--" + repository.replace("/", "--")) / "snapshots"
        choices += sorted(snapshots.glob(f"*/{file}"))
        choices += sorted((folder / "hub" / snapshots.relative_to(folder)).glob(f"*/{file}"))
    for choice in choices:
        if choice.is_file():
            return choice
    raise UserError(
        f"{folder} has no {weights.name}: looked for {choices[0].name}"
        + (f" and {choices[1].relative_to(folder)}" if len(choices) > 1 else "")
        + ". Fill the folder with: clipasso models export FOLDER, where there is a network."
    )


def _told_hash(found: Path, weights: Weights) -> str:
    """The SHA-256 the found file should have: pinned, of the record beside it, or its name in the hub's cache."""
    if weights.sha256:
        return weights.sha256
    record = models.read_record(found)
    if record is not None:
        return record.sha256
    name = found.resolve().name
    return name if re.fullmatch(r"[0-9a-f]{64}", name) else ""


def _copy(source: Path, target: Path) -> str:
    """Copy a file and return the SHA-256 of what was read."""
    digest = hashlib.sha256()
    try:
        target.unlink(missing_ok=True)
        with source.open("rb") as reader, target.open("xb") as writer:  # a new file: a link there is not followed
            while chunk := reader.read(_CHUNK):
                digest.update(chunk)
                writer.write(chunk)
            storing.flush(writer)
    except OSError as problem:
        raise UserError(
            f"{source} could not be copied to {target.parent}: {problem.strerror}. Check space and permissions there."
        ) from problem
    return digest.hexdigest()
