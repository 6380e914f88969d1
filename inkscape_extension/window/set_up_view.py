"""What the window that sets the engine up says and offers, in each state: the same for every kind of window."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..engine import set_up, setting
from ..engine.set_up import SetUp
from ..translation import translated

BEGIN, CANCEL, CLOSE, SKETCH = "begin", "cancel", "close", "sketch"
"""What buttons do."""

TITLE = translated("Set Up the Engine")

_OFFERS = {
    setting.MISSING: translated("The engine that makes the sketches is not on this computer yet. Set it up now?"),
    setting.INCOMPLETE: translated("The engine that makes the sketches is not completely set up. Set it up now?"),
    setting.OUTDATED: translated(
        "The engine on this computer is of another version than this extension. Set the right one up now?"
    ),
}
_STEPS = {
    "environment": translated("Making an environment for Python packages ..."),
    "unpack": translated("Unpacking the packages ..."),
    "engine": translated("Installing the engine, and trying it ..."),
}


@dataclass(frozen=True)
class View:
    """All that a window shows."""

    headline: str
    rows: list[tuple[str, str]] = field(default_factory=list)  # names and values
    text: str = ""
    fraction: float | None = None  # 0..1; None: no bar
    buttons: list[tuple[str, str]] = field(default_factory=list)  # what it does, label with "_" before its key


def view(state: SetUp, why: str) -> View:
    """``why`` is one of `setting.why_set_up`."""
    close = (CLOSE, translated("_Close"))
    if state.state == set_up.LOOKING:
        return View(translated("Looking for a Python ..."), buttons=[close])
    if state.state == set_up.OFFER:
        note = translated(
            "Nothing is downloaded before you press Set Up. It takes some minutes, can be stopped, and goes on later "
            "where it stopped. Photos stay on this computer."
        )
        return View(_OFFERS[why], _rows(state), note, buttons=[(BEGIN, translated("_Set Up")), close])
    if state.state in (set_up.WORKING, set_up.STOPPING):
        return _working(state)
    if state.state == set_up.READY:
        return View(translated("The engine is ready."), buttons=[(SKETCH, translated("S_ketch Now")), close])
    if state.state == set_up.STOPPED:
        headline = translated("Stopped. What was downloaded is kept.")
        return View(headline, _rows(state), buttons=[(BEGIN, translated("_Go On")), close])
    headline = translated("The engine could not be set up.")
    if state.plan:
        headline = translated("The engine could not be set up yet. What was downloaded is kept.")
    return View(headline, text=state.text, buttons=[(BEGIN, translated("_Try Again")), close])


def _working(state: SetUp) -> View:
    headline = _STEPS.get(state.step, translated("Starting ..."))
    if state.step == "download":
        headline = translated("Downloading {package}: {done} of about {whole}").format(
            package=state.package, done=_size(state.bytes), whole=_size(max(state.bytes, state.plan["download"]))
        )
    if state.state == set_up.STOPPING:
        headline = translated("Stopping ...")
        return View(headline, _rows(state), fraction=state.fraction)
    cancel = (CANCEL, translated("_Cancel"))
    return View(headline, _rows(state), fraction=state.fraction, buttons=[cancel])


def _rows(state: SetUp) -> list[tuple[str, str]]:
    plan = state.plan
    return [
        (translated("Download:"), translated("about {size}").format(size=_size(plan["download"]))),
        (translated("From:"), ", ".join(plan["hosts"])),
        (translated("Into the folder:"), str(plan["home"])),
        (translated("Room on the disk:"), translated("up to {size}").format(size=_size(plan["disk"]))),
        ("Python:", str(plan["python"])),
    ]


def _size(count: int) -> str:
    """Bytes as people write them."""
    if count < 10**9:
        return f"{count / 10**6:.0f} MB"
    return f"{count / 10**9:.1f} GB"
