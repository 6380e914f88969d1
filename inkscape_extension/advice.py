"""What a person in Inkscape reads of what the engine says: its text in the user's language, and what to do about it.

The engine tells codes (`clipasso_engine.contract.codes`), and says what and why. What to do is told here, in the words
of menus and of the dialog's pages; the command line has a table of its own for the same codes, with its options.
"""

from __future__ import annotations

from clipasso_engine.contract import texts
from clipasso_engine.contract.codes import ErrorCode, NoticeCode
from clipasso_engine.contract.errors import CodedError, UserError
from clipasso_engine.contract.events import Event

from . import translation
from .translation import translated

_LIST = translated("Write numbers separated by commas, for example 32, 16, 8, 4.")
_FEWER_LEVELS = translated("Ask for fewer of them on the page Sketch.")
_REINSTALL = translated("Run install.py again.")
_SIMPLIFY = translated("Select fewer of them, or simplify them with Path > Simplify.")
_ADD_CLIP = translated("Run install.py again to add CLIP, or choose “Boundaries” for “Guided by”, page Advanced.")

ADVICE: dict[ErrorCode, str | None] = {
    ErrorCode.MESSAGE_UNREADABLE: _REINSTALL,
    ErrorCode.OPTION_MISFIT: None,
    ErrorCode.LEVEL_OUT_OF_RANGE: translated("Choose one in that range."),
    ErrorCode.LEVELS_UNREADABLE: _LIST,
    ErrorCode.LEVELS_EMPTY: _LIST,
    ErrorCode.LEVELS_TOO_MANY: _FEWER_LEVELS,
    ErrorCode.LEVELS_TOO_MANY_STROKES: _FEWER_LEVELS,
    ErrorCode.CHOICE_UNKNOWN: None,
    ErrorCode.SEED_OUT_OF_RANGE: None,
    ErrorCode.CANDIDATES_OUT_OF_RANGE: None,
    ErrorCode.SEGMENTS_OUT_OF_RANGE: None,
    ErrorCode.TIME_BUDGET_NOT_POSITIVE: None,
    ErrorCode.BACKGROUND_STROKES_OUT_OF_RANGE: None,
    ErrorCode.PAPER_WITH_BACKGROUND_STROKES: translated("Choose 0 for “Background strokes”, page Advanced."),
    ErrorCode.PAPER_WITH_SEGMENTS: translated("Choose 1 for “Curves in a stroke”, page Advanced."),
    ErrorCode.PAPER_WITHOUT_LEVEL: translated("Choose one, for example 16, on the page Sketch."),
    ErrorCode.TEXT_WITHOUT_CLIP: translated(
        "Choose “Boundaries and CLIP” for “Guided by”, page Advanced, or empty the field “The photo shows”."
    ),
    ErrorCode.JOB_OPTIONS_UNKNOWN: _REINSTALL,
    ErrorCode.DRAWN_CURVES_UNREADABLE: translated("Select the photo without these strokes."),
    ErrorCode.DRAWN_CURVES_TOO_MANY: _SIMPLIFY,
    ErrorCode.DRAWN_CURVES_TOO_FAR: translated("Select the photo without these strokes."),
    ErrorCode.SHAPES_UNREADABLE: translated("Select the photo without these shapes."),
    ErrorCode.SHAPES_TOO_MANY_CORNERS: _SIMPLIFY,
    ErrorCode.SHAPES_TOO_INTRICATE: _SIMPLIFY,
    ErrorCode.SHAPES_TOO_MANY: translated("Select fewer of them, or unite them with Path > Union."),
    ErrorCode.PHOTO_MISSING: translated("Put it back there, or import it again with File > Import."),
    ErrorCode.PHOTO_IS_FOLDER: translated("Import an image file in it with File > Import."),
    ErrorCode.PHOTO_NO_ORDINARY_FILE: translated("Import an image file with File > Import."),
    ErrorCode.PHOTO_FORBIDDEN: translated("Make the file readable and try again."),
    ErrorCode.PHOTO_UNREADABLE: translated("Copy the photo elsewhere and import that copy with File > Import."),
    ErrorCode.PHOTO_FILE_TOO_LARGE: translated("Save a smaller copy as PNG or JPEG and import that."),
    ErrorCode.PHOTO_NO_IMAGE: translated("Save the photo as PNG or JPEG and import that with File > Import."),
    ErrorCode.PHOTO_OTHER_KIND: translated("Save the photo as PNG or JPEG and import that with File > Import."),
    ErrorCode.PHOTO_TRANSPARENT: translated("Choose a photo that shows something."),
    ErrorCode.PHOTO_DAMAGED: translated("Import another copy of the photo with File > Import."),
    ErrorCode.PHOTO_TOO_SMALL: translated("Choose a larger photo."),
    ErrorCode.PHOTO_TOO_LARGE: translated(
        "Save a smaller copy and import that; {plenty} pixels on the longer side are plenty."
    ),
    ErrorCode.PHOTO_TOO_COSTLY: translated("Save the photo as PNG or JPEG and import that with File > Import."),
    ErrorCode.PHOTO_TOO_ELONGATED: translated("Crop the photo file and import it again."),
    ErrorCode.NO_OBJECT: translated("Choose “Drawn too” for “Background”, page Advanced, or choose another photo."),
    ErrorCode.NOTHING_TO_DRAW: translated("Choose a photo with an object in it, or with more contrast."),
    ErrorCode.NOTHING_LEFT_TO_DRAW: translated(
        "Delete some of them, or have them all replaced: Extensions > Sketch > Sketch Photo, page By Hand."
    ),
    ErrorCode.MASK_BESIDE_PHOTO: translated("Move them over the photo, or select the photo alone."),
    ErrorCode.DEVICE_MISSING: translated("Choose “Whatever is fastest” or “CPU” for “Compute on”, page Advanced."),
    ErrorCode.DEVICE_FAILS: translated(
        "Choose “Whatever is fastest” or “CPU” for “Compute on”, page Advanced; a card that is too old needs an older "
        "PyTorch, a new one a newer driver."
    ),
    ErrorCode.OUT_OF_MEMORY: translated(
        "Close other programs, ask for fewer strokes or the quality “Draft”, or choose “CPU” for “Compute on”, page "
        "Advanced, if it ran on a GPU."
    ),
    ErrorCode.DIFFVG_MISSING: None,  # the dialog does not offer it
    ErrorCode.DIFFVG_TOO_MANY_STROKES: None,
    ErrorCode.PART_UNREADABLE: _REINSTALL,
    ErrorCode.PART_DAMAGED: _REINSTALL,
    ErrorCode.TORCH_MISSING: translated(
        "Run install.py again to add PyTorch, or choose “Boundaries” for “Guided by”, page Advanced."
    ),
    ErrorCode.CLIP_PACKAGES_MISSING: _ADD_CLIP,
    ErrorCode.CLIP_MODEL_UNKNOWN: None,  # nor that
    ErrorCode.CLIP_MODEL_WITHOUT_ATTENTION: None,
    ErrorCode.CLIP_WEIGHTS_MISFIT: _ADD_CLIP,
    ErrorCode.WEIGHTS_UNKNOWN: None,
    ErrorCode.WEIGHTS_MISSING: _ADD_CLIP,
    ErrorCode.WEIGHTS_DAMAGED: _ADD_CLIP,
    ErrorCode.WEIGHTS_UNRECORDED: _ADD_CLIP,
    ErrorCode.DOCUMENT_UNREADABLE: translated("Save it as Inkscape SVG and try again."),
    ErrorCode.SKETCH_MISSING: translated("Select a photo and choose Extensions > Sketch > Sketch Photo first."),
    ErrorCode.SKETCH_HIDDEN: translated("Show the one that is meant, or select it."),
    ErrorCode.SKETCH_EMPTY: translated("Show its strokes, or select another sketch."),
    ErrorCode.SKETCH_TOO_LARGE: translated("Select one of them."),
    ErrorCode.SKETCH_LEVEL_MISSING: None,  # only the command line asks for levels
    ErrorCode.OPTION_OUT_OF_RANGE: None,
    ErrorCode.PAUSES_TOO_LONG: translated("Choose shorter pauses, or a longer animation."),
    ErrorCode.FILM_TOO_LARGE: translated("Choose a smaller size, a shorter animation, or SVG."),
    ErrorCode.FFMPEG_MISSING: translated("Install it, or choose another kind of file."),
    ErrorCode.FFMPEG_FAILED: translated("Choose another kind of file."),
    ErrorCode.MARGIN_TOO_WIDE: translated("Choose a smaller margin or a larger page."),
}
"""What to do; None where what went wrong says it already, or cannot be met in Inkscape."""

NOTICE_ADVICE: dict[NoticeCode, str | None] = {
    NoticeCode.NO_CLIP_PACKAGES: translated("Run install.py again to add CLIP."),
    NoticeCode.NO_CLIP_WEIGHTS: translated("Run install.py again to add CLIP."),
    NoticeCode.REMBG_FAILED: None,
    NoticeCode.PHOTO_CUT_OFF: None,
    NoticeCode.PHOTO_END_MISSING: None,
    NoticeCode.DEVICE_LEFT_OUT: None,
    NoticeCode.FEWER_CANDIDATES: None,
    NoticeCode.GOING_ON_ON_CPU: None,
    NoticeCode.NO_SURROUNDINGS: None,
}


def told(error: UserError) -> str:
    """The whole sentence for an error: what, why and what to do."""
    if not isinstance(error, CodedError):
        return str(error)
    try:
        return _sentence(texts.WHAT_AND_WHY[error.code], ADVICE[error.code], error.details)
    except KeyError:  # a placeholder of the advice, which an engine of another version does not fill
        return str(error)


def told_notice(event: Event) -> str:
    """The whole sentence for an event ``notice``; in English if its code is not known here."""
    try:
        code = NoticeCode(event["code"])
        return _sentence(texts.NOTICES[code], NOTICE_ADVICE[code], event["details"])
    except (KeyError, ValueError, TypeError):  # of the code, a placeholder or what is no dictionary
        return str(event["message"])


def _sentence(text: str, advice: str | None, details: dict[str, str]) -> str:
    words = {name: translation.translated(word) if word else "" for name, word in details.items()}
    return " ".join(part.format(**words) for part in (translation.translated(text), advice) if part)
