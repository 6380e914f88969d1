"""The window in GTK 3. The engine's messages are read in a thread, so that nothing done here can hold them up.

Pictures are made by GdkPixbuf alone, which also renders SVG: cairo's Python binding is often not there.
"""

from __future__ import annotations

import threading
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("Gdk", "3.0")
gi.require_version("GdkPixbuf", "2.0")
from gi.repository import Gdk, GdkPixbuf, Gio, GLib, Gtk  # noqa: E402

from clipasso_engine.contract.errors import UserError  # noqa: E402
from clipasso_engine.contract.protocol import Message  # noqa: E402

from .. import advice  # noqa: E402
from ..document.photo_file import PhotoFile  # noqa: E402
from ..engine import client  # noqa: E402
from ..translation import translated  # noqa: E402
from . import theme  # noqa: E402
from .contract import Outcome, Request, ShownError, Work  # noqa: E402
from .progress import Progress, stroke_count, strokes_svg  # noqa: E402

_PICTURE = 480  # px: longer side
_FADED = 70  # of 255: how much of the photo is seen under the strokes
_GONE_EVERY = 300  # ms


def usable() -> bool:
    """Whether there is a screen, and GdkPixbuf can render SVG."""
    formats = {name for one in GdkPixbuf.Pixbuf.get_formats() for name in (one.get_name(),)}
    return Gdk.Display.get_default() is not None and "svg" in formats


def look_like_inkscape() -> None:
    """Dark or light."""
    dark = theme.is_dark()
    if dark is not None:
        Gtk.Settings.get_default().set_property("gtk-application-prefer-dark-theme", dark)


class Window:
    """One sketch under way, or finished and waiting to be placed."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._progress = Progress(request.job)
        self._wish: str | None = None
        self._outcome: Outcome | None = None
        self._failure: BaseException | None = None
        self._shown = False  # the failure, to the user
        self._refreshing = False  # a refresh is on its way
        self._photo: Any = None  # the faded photo, once it is decoded
        self._frame: Any = None  # what the picture shows, so that it is rendered once
        self._build()

    def run(self, work: Work) -> Outcome:
        """See `watch.watch`."""
        self._window.show_all()
        self._levels.hide()
        self._details.hide()
        self._place.hide()
        if self._request.place is not None:  # beside Inkscape, in which the user goes on
            self._window.set_keep_above(True)
            self._to_the_corner()
        self._window.present()
        threading.Thread(target=self._decode, daemon=True).start()
        worker = threading.Thread(target=self._work, args=(work,), daemon=True)
        worker.start()
        GLib.timeout_add(_GONE_EVERY, self._look_for_inkscape)
        Gtk.main()
        self._window.destroy()
        while Gtk.events_pending():  # so that it is gone from the screen before Inkscape takes over
            Gtk.main_iteration()
        worker.join()
        if self._failure is not None and self._shown:
            raise ShownError from self._failure
        if self._failure is not None:
            raise self._failure
        if self._outcome is None:
            raise client.CancelledError
        return self._outcome

    def _to_the_corner(self) -> None:
        """To the lower right, where it covers least of what the user draws."""
        monitor = Gdk.Display.get_default().get_monitor_at_window(self._window.get_window())
        area = monitor.get_workarea()
        self._window.set_gravity(Gdk.Gravity.SOUTH_EAST)
        width, height = self._window.get_size()
        self._window.move(area.x + area.width - width, area.y + area.height - height)

    def _build(self) -> None:
        look_like_inkscape()
        self._window = Gtk.Window(title=self._request.title)
        self._window.set_border_width(12)
        self._window.set_resizable(False)
        self._window.set_position(Gtk.WindowPosition.CENTER)
        self._window.connect("delete-event", self._on_close)
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=8)
        self._window.add(box)
        self._picture = Gtk.Image()
        self._picture.set_size_request(_PICTURE, _PICTURE * 2 // 3)
        self._levels = Gtk.Scale.new_with_range(Gtk.Orientation.HORIZONTAL, 0, 1, 1)
        self._levels.set_tooltip_text(translated("The levels that are finished, and the one being drawn"))
        self._levels.set_draw_value(True)
        self._levels.connect("format-value", lambda _scale, value: self._level_name(round(value)))
        self._levels.connect("value-changed", lambda _scale: self._show())
        self._headline = Gtk.Label(xalign=0)
        self._headline.set_line_wrap(True)
        self._headline.set_max_width_chars(60)
        self._headline.set_selectable(True)
        self._headline.set_can_focus(False)
        self._bar = Gtk.ProgressBar(show_text=True, text="")
        self._details = Gtk.TextView(editable=False, wrap_mode=Gtk.WrapMode.WORD)
        self._details.set_size_request(_PICTURE, 90)
        buttons = Gtk.Box(spacing=6, halign=Gtk.Align.END)
        self._stop = self._button(buttons, translated("_Stop and keep"), self._on_stop)
        self._place = self._button(buttons, translated("_Place it now"), self._on_place)
        self._copy = self._button(buttons, translated("C_opy the text"), self._on_copy)
        self._copy.set_no_show_all(True)
        self._cancel = self._button(buttons, translated("_Cancel"), self._on_cancel)
        for widget in (self._picture, self._levels, self._headline, self._bar, self._details, buttons):
            box.pack_start(widget, False, False, 0)
        self._show()

    def _button(self, box: Any, label: str, clicked: Any) -> Any:
        button = Gtk.Button.new_with_mnemonic(label)
        button.connect("clicked", lambda _button: clicked())
        box.pack_start(button, False, False, 0)
        return button

    # The thread that reads the engine's messages.

    def _work(self, work: Work) -> None:
        try:
            self._outcome = work(self._listen)
        except BaseException as error:  # it is raised again in `run`, or shown
            self._failure = error
        GLib.idle_add(self._on_end)

    def _listen(self, message: Message | None) -> str | None:
        if message is not None:
            self._progress.heed(message)
            if not self._refreshing:
                self._refreshing = True
                GLib.idle_add(self._refresh)
        return self._wish

    def _decode(self) -> None:
        """The photo, small and faded; without it, where GdkPixbuf cannot read it, the strokes are on white."""
        job = self._request.job
        try:
            with PhotoFile(job.photo, job.photo_bytes).opened() as file:
                stream = Gio.MemoryInputStream.new_from_bytes(GLib.Bytes.new(file.read()))
            photo = GdkPixbuf.Pixbuf.new_from_stream_at_scale(stream, _PICTURE, _PICTURE, True, None)
        except (GLib.Error, UserError):
            return
        photo = photo.apply_embedded_orientation() or photo
        white = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, False, 8, photo.get_width(), photo.get_height())
        white.fill(0xFFFFFFFF)
        photo.composite(
            white, 0, 0, photo.get_width(), photo.get_height(), 0, 0, 1, 1, GdkPixbuf.InterpType.NEAREST, _FADED
        )
        self._photo = white
        GLib.idle_add(self._show)

    # GTK's own thread.

    def _refresh(self) -> bool:
        self._refreshing = False
        if not self._ended():
            self._bar.set_fraction(min(1.0, self._progress.fraction))
        positions = len(self._progress.levels) + (not self._ended())
        if len(self._request.job.levels) != 1 and positions > 1:
            following = self._levels.get_value() == self._levels.get_adjustment().get_upper()
            first = not self._levels.get_visible()
            self._levels.set_range(0, positions - 1)
            self._levels.show()
            if following or first:
                self._levels.set_value(positions - 1)
        self._show()
        return False

    def _ended(self) -> bool:
        return self._outcome is not None or self._failure is not None

    def _level_name(self, position: int) -> str:
        levels = list(self._progress.levels)
        level = levels[position] if position < len(levels) else self._progress.step[0]
        return stroke_count(level)

    def _show(self) -> bool:
        """Text and picture as they are now."""
        if not self._ended():
            stopping = self._wish == client.STOP
            self._headline.set_text(
                translated("Finishing with the best so far ...") if stopping else self._progress.headline()
            )
            self._bar.set_text(self._progress.time_left())
            self._bar.set_tooltip_text(self._progress.notice or None)
        levels = list(self._progress.levels.values())
        chosen = round(self._levels.get_value()) if self._levels.get_visible() else len(levels)
        strokes, width = self._progress.strokes, 0.0
        if chosen < len(levels):
            strokes = [stroke.points for stroke in levels[chosen].strokes]
        frame = (id(strokes), self._photo, self._progress.size)
        if frame != self._frame:
            self._frame = frame
            self._paint(strokes, width)
        return False

    def _paint(self, strokes: Any, width: float) -> None:
        size, photo = self._progress.size, self._photo
        if photo is not None:
            shape = (photo.get_width(), photo.get_height())
        elif size is not None:
            scale = _PICTURE / max(size)
            shape = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
        else:
            return
        picture = photo.copy() if photo is not None else _blank(*shape)
        if size is not None and strokes:
            ink = _rendered(strokes_svg(strokes, size, shape[0] / size[0], width))
            if ink is not None:
                across, down = min(shape[0], ink.get_width()), min(shape[1], ink.get_height())
                ink.composite(picture, 0, 0, across, down, 0, 0, 1, 1, GdkPixbuf.InterpType.NEAREST, 255)
        self._picture.set_from_pixbuf(picture)

    def _on_end(self) -> bool:
        if self._failure is None and self._request.place is not None:
            self._refresh()
            self._on_place()
        elif isinstance(self._failure, UserError):
            self._tell(advice.told(self._failure), failed=True)
        else:
            Gtk.main_quit()
        return False

    def _tell(self, text: str, failed: bool) -> None:
        """Show ``text`` until the window is closed."""
        self._shown = failed
        self._headline.set_text(
            translated("No sketch was made; the document is as it was.")
            if failed
            else translated("The sketch is ready.")
        )
        self._details.get_buffer().set_text(text)
        self._details.show()
        self._bar.hide()
        self._stop.hide()
        self._copy.set_visible(failed)
        self._place.set_visible(not failed)
        self._cancel.set_label(translated("_Close"))
        self._cancel.grab_focus()

    def _on_place(self) -> None:
        place, outcome = self._request.place, self._outcome
        if place is None or outcome is None:
            return
        self._headline.set_text(translated("Placing the sketch ..."))
        self._bar.set_fraction(1)
        self._bar.set_text("")
        self._place.set_sensitive(False)
        self._stop.set_sensitive(False)

        def work() -> None:
            GLib.idle_add(self._on_placed, place(outcome))

        threading.Thread(target=work, daemon=True).start()

    def _on_placed(self, trouble: str) -> bool:
        self._place.set_sensitive(True)
        if trouble:
            self._tell(trouble, failed=False)
        else:
            Gtk.main_quit()
        return False

    def _on_stop(self) -> None:
        self._wish = client.STOP
        self._stop.set_sensitive(False)
        self._show()

    def _on_cancel(self) -> None:
        if self._ended():
            Gtk.main_quit()
            return
        self._wish = client.CANCEL
        self._window.hide()

    def _on_close(self, *_event: Any) -> bool:
        self._on_cancel()
        return True

    def _on_copy(self) -> None:
        buffer = self._details.get_buffer()
        clipboard = Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD)
        clipboard.set_text(buffer.get_text(*buffer.get_bounds(), False), -1)
        clipboard.store()  # so that it outlives this process

    def _look_for_inkscape(self) -> bool:
        if self._request.gone():
            self._on_cancel()
            return False
        return True


def _blank(width: int, height: int) -> Any:
    picture = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, False, 8, width, height)
    picture.fill(0xFFFFFFFF)
    return picture


def _rendered(svg: str) -> Any:
    loader = GdkPixbuf.PixbufLoader.new_with_type("svg")
    try:
        loader.write(svg.encode("ascii"))
    finally:
        loader.close()
    return loader.get_pixbuf()
