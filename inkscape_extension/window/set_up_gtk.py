"""The window that sets the engine up, in GTK 3."""

from __future__ import annotations

from typing import Any

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk  # noqa: E402

from ..engine.set_up import SetUp  # noqa: E402
from . import set_up_view  # noqa: E402
from .gtk_window import look_like_inkscape  # noqa: E402
from .set_up_view import View  # noqa: E402

_EVERY = 150  # ms between two looks at how far it is
_WIDTH, _HEIGHT = 520, 290  # px; room for all that a state may show, so that buttons stay where they are
_LETTERS = 64  # a line's


class Window:
    """See `set_up_watch.offer`."""

    def __init__(self, state: SetUp, why: str, gone: Any) -> None:
        self._state, self._why, self._gone = state, why, gone
        self._sketch = False
        self._shown: View | None = None
        look_like_inkscape()
        self._window = Gtk.Window(title=set_up_view.TITLE)
        self._window.set_border_width(12)
        self._window.set_resizable(False)
        self._window.set_position(Gtk.WindowPosition.CENTER)
        self._window.connect("delete-event", lambda *_event: self._press(set_up_view.CLOSE))
        self._headline, self._text = _label(), _label()
        self._rows = Gtk.Grid(column_spacing=12, row_spacing=4)
        self._bar = Gtk.ProgressBar()
        self._buttons = Gtk.Box(spacing=6, halign=Gtk.Align.END)
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=12)
        box.set_size_request(_WIDTH, _HEIGHT)
        for widget in (self._headline, self._rows, self._text, self._bar):
            box.pack_start(widget, False, False, 0)
        box.pack_end(self._buttons, False, False, 0)
        self._window.add(box)

    def run(self) -> bool:
        """Whether the engine is set up, and the sketch wanted now."""
        box = self._window.get_child()
        box.show()
        self._look()
        self._window.present()
        GLib.timeout_add(_EVERY, self._look)
        Gtk.main()
        self._window.destroy()
        while Gtk.events_pending():
            Gtk.main_iteration()
        self._state.end()
        return self._sketch

    def _look(self) -> bool:
        now = set_up_view.view(self._state, self._why)
        if now != self._shown:
            before, self._shown = self._shown, now
            self._show(before, now)
        if self._gone():
            Gtk.main_quit()
            return False
        return True

    def _show(self, before: View | None, now: View) -> None:
        self._headline.set_text(now.headline)
        self._headline.show()
        self._text.set_text(now.text)
        self._text.set_visible(bool(now.text))
        self._bar.set_fraction(now.fraction or 0.0)
        self._bar.set_visible(now.fraction is not None)
        if before is None or before.rows != now.rows:
            self._show_rows(now)
        if before is None or before.buttons != now.buttons:
            self._show_buttons(now)

    def _show_rows(self, now: View) -> None:
        for child in self._rows.get_children():
            child.destroy()
        for place, (name, value) in enumerate(now.rows):
            self._rows.attach(_label(name), 0, place, 1, 1)
            self._rows.attach(_label(value, 46), 1, place, 1, 1)
        self._rows.show_all()

    def _show_buttons(self, now: View) -> None:
        for child in self._buttons.get_children():
            child.destroy()
        for action, label in now.buttons:
            button = Gtk.Button.new_with_mnemonic(label)
            button.connect("clicked", lambda _button, action=action: self._press(action))
            self._buttons.pack_start(button, False, False, 0)
        self._buttons.show_all()
        for button in self._buttons.get_children()[:1]:
            button.grab_focus()

    def _press(self, action: str) -> bool:
        if action == set_up_view.BEGIN:
            self._state.begin()
        elif action == set_up_view.CANCEL:
            self._state.cancel()
        else:
            self._sketch = action == set_up_view.SKETCH
            self._window.hide()
            Gtk.main_quit()
        return True


def _label(text: str = "", letters: int = _LETTERS) -> Any:
    label = Gtk.Label(label=text, xalign=0, yalign=0)
    label.set_line_wrap(True)
    label.set_line_wrap_mode(2)  # Pango's WORD_CHAR: a folder's name has no blanks
    label.set_max_width_chars(letters)
    label.set_selectable(True)
    label.set_can_focus(False)
    return label
