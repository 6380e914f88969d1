"""Which Inkscapes a user has and where each looks for extensions. Standard library only: install.py imports it too."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import paths

EXTENSION_FOLDER = "clipasso"
_FLATPAK = "org.inkscape.Inkscape"

SANDBOX_ADVICE = {
    "flatpak": "its sandbox keeps it from starting the engine, unless you allow it to start programs outside: "
    f"flatpak override --user --talk-name=org.freedesktop.Flatpak {_FLATPAK}",
    "snap": "its sandbox keeps it from starting the engine, and that cannot be allowed. "
    "Use an Inkscape installed another way, or the command line.",
}
"""What users of a sandboxed Inkscape have to know, by its `Inkscape.kind`."""

KINDS = {
    "native": "installed in the system",
    "appimage": "AppImage",
    "portable": "PortableApps",
    "store": "Microsoft Store",
    "flatpak": "Flatpak",
    "snap": "Snap",
    "profile": "the one that INKSCAPE_PROFILE_DIR names",
}
"""Ways to have an Inkscape, and what they are called."""

NOT_STARTED = ("appimage", "portable", "store")
"""Kinds that we find, but do not start: a file in a folder of downloads, or what only its own launcher starts."""


@dataclass(frozen=True)
class Inkscape:
    """One Inkscape, or a profile folder that one has left."""

    kind: str  # one of `KINDS`
    profile: Path  # its user data folder; need not exist yet
    program: Path | None  # to run it; None if only the profile was found, if a sandbox keeps it apart, or `NOT_STARTED`

    @property
    def extension(self) -> Path:
        """The folder that CLIPasso's extension is in, or belongs in."""
        return self.profile / "extensions" / EXTENSION_FOLDER


def find(
    environ: Mapping[str, str] | None = None, platform: str = sys.platform, root: Path = Path("/")
) -> list[Inkscape]:
    """Every Inkscape of this user; ``INKSCAPE_PROFILE_DIR``, if set, is the only profile.

    ``root`` is where Linux and macOS keep programs of all users (tests have one of their own).
    """
    environ = os.environ if environ is None else environ
    program = _program(environ, platform, root)
    if environ.get("INKSCAPE_PROFILE_DIR"):
        return [Inkscape("profile", paths.expanded(environ["INKSCAPE_PROFILE_DIR"], "INKSCAPE_PROFILE_DIR"), program)]
    home = Path(environ.get("USERPROFILE" if platform == "win32" else "HOME") or paths.user_home())
    found = []
    native = _native_profile(environ, platform, home)
    if not program and platform == "linux" and _has_appimage(environ, home):
        found.append(Inkscape("appimage", native, None))
    elif program or native.is_dir():
        found.append(Inkscape("native", native, program))
    if platform == "win32":
        found += [Inkscape("store", profile, None) for profile in _store_profiles(environ, home)]
        found += [Inkscape("portable", profile, None) for profile in _portable_profiles(environ, home)]
    if platform not in ("win32", "darwin"):
        flatpaks = [base / "flatpak/app" / _FLATPAK for base in (root / "var/lib", home / ".local/share")]
        sandbox = home / ".var/app" / _FLATPAK
        if any(path.is_dir() for path in (sandbox, *flatpaks)):
            found.append(Inkscape("flatpak", sandbox / "config/inkscape", None))
        # The snap reads the preferences of ~/.config/inkscape, but looks for extensions in its own folder.
        snap = home / "snap/inkscape"
        if snap.is_dir() or (root / "snap/inkscape").is_dir():
            found.append(Inkscape("snap", snap / "common", None))
    return found


def _native_profile(environ: Mapping[str, str], platform: str, home: Path) -> Path:
    if platform == "win32":
        return Path(environ.get("APPDATA") or home / "AppData/Roaming") / "inkscape"
    if platform == "darwin":
        return home / "Library/Application Support" / _FLATPAK / "config/inkscape"
    return (paths.absolute("XDG_CONFIG_HOME", environ) or home / ".config") / "inkscape"


def _store_profiles(environ: Mapping[str, str], home: Path) -> list[Path]:
    """Those of the Microsoft Store's Inkscape, to which Windows shows these folders in the place of %APPDATA%."""
    local = Path(environ.get("LOCALAPPDATA") or home / "AppData/Local")
    return sorted(package / "LocalCache/Roaming/inkscape" for package in local.glob("Packages/25415Inkscape*"))


def _portable_profiles(environ: Mapping[str, str], home: Path) -> list[Path]:
    """Those of PortableApps' Inkscapes in the usual places, where its launcher keeps them beside the program."""
    drive = Path(environ.get("SystemDrive", "C:") + "/")
    places = [home, *(home / name for name in ("Downloads", "Desktop", "Documents")), drive]
    apps = [place / name for place in places for name in ("InkscapePortable", "PortableApps/InkscapePortable")]
    settings = [app / "Data/settings" for app in apps if (app / "App/Inkscape/bin/inkscape.exe").is_file()]
    inside = "inkscape/preferences.xml"  # where a version does as %APPDATA% says, which the launcher sets too
    return [folder / "inkscape" if (folder / inside).is_file() else folder for folder in settings]


def _has_appimage(environ: Mapping[str, str], home: Path) -> bool:
    """Whether one that may be executed lies in the usual places. Its profile is the native one's."""
    on_path = [Path(folder) for folder in environ.get("PATH", "").split(os.pathsep) if os.path.isabs(folder)]
    places = [home, *(home / name for name in ("Applications", "Downloads", "Desktop", "bin", ".local/bin")), *on_path]
    files = (file for place in places for file in place.glob("[Ii]nkscape*.[Aa]pp[Ii]mage"))
    return any(os.access(file, os.X_OK) for file in files)


def _program(environ: Mapping[str, str], platform: str, root: Path) -> Path | None:
    """The program of an Inkscape outside any sandbox."""
    on_path = shutil.which("inkscape", path=environ.get("PATH", ""))
    if on_path and (root / "snap") not in Path(on_path).parents:
        return Path(on_path)
    places = []
    if platform == "win32":
        folders = [environ.get(name) for name in ("ProgramFiles", "ProgramW6432", "ProgramFiles(x86)")]
        folders.append(str(Path(environ["LOCALAPPDATA"]) / "Programs") if environ.get("LOCALAPPDATA") else None)
        places = [Path(folder) / "Inkscape/bin/inkscape.exe" for folder in folders if folder]
    elif platform == "darwin":
        bundle = "Applications/Inkscape.app/Contents/MacOS/inkscape"
        places = [root / bundle, Path(environ.get("HOME") or paths.user_home()) / bundle]
    return next((place for place in places if place.is_file()), None)
