"""What a user of the command line can do about what the engine says: commands and their options.

The extension has a table of its own for the same codes, with menus and pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..contract.codes import ErrorCode, NoticeCode
from ..contract.errors import CodedError, UserError
from ..contract.events import Event

if TYPE_CHECKING:
    from ..weights.models import Weights

_LIST = "Write numbers separated by commas, for example 32, 16, 8, 4."
_REINSTALL = "Run install.py again."
_FETCH = "Run: clipasso models fetch {weights} (or, without a network, add: --from FOLDER)."

ADVICE: dict[ErrorCode, str | None] = {
    ErrorCode.MESSAGE_UNREADABLE: _REINSTALL,
    ErrorCode.OPTION_MISFIT: None,
    ErrorCode.LEVEL_OUT_OF_RANGE: "Choose one in that range.",
    ErrorCode.LEVELS_UNREADABLE: _LIST,
    ErrorCode.LEVELS_EMPTY: _LIST,
    ErrorCode.LEVELS_TOO_MANY: "Ask for fewer --levels.",
    ErrorCode.LEVELS_TOO_MANY_STROKES: "Ask for fewer --levels.",
    ErrorCode.CHOICE_UNKNOWN: None,
    ErrorCode.SEED_OUT_OF_RANGE: None,
    ErrorCode.CANDIDATES_OUT_OF_RANGE: None,
    ErrorCode.SEGMENTS_OUT_OF_RANGE: None,
    ErrorCode.TIME_BUDGET_NOT_POSITIVE: None,
    ErrorCode.BACKGROUND_STROKES_OUT_OF_RANGE: None,
    ErrorCode.PAPER_WITH_BACKGROUND_STROKES: "Choose --background-strokes 0, or another --quality.",
    ErrorCode.PAPER_WITH_SEGMENTS: "Choose --segments 1, or another --quality.",
    ErrorCode.PAPER_WITHOUT_LEVEL: "Choose one, for example --strokes 16.",
    ErrorCode.TEXT_WITHOUT_CLIP: "Choose --guidance both, or drop --text.",
    ErrorCode.JOB_OPTIONS_UNKNOWN: _REINSTALL,
    ErrorCode.DRAWN_CURVES_UNREADABLE: None,  # only the extension sends curves
    ErrorCode.DRAWN_CURVES_TOO_MANY: None,
    ErrorCode.DRAWN_CURVES_TOO_FAR: None,
    ErrorCode.SHAPES_UNREADABLE: None,
    ErrorCode.SHAPES_TOO_MANY_CORNERS: "Take a --mask with a simpler outline.",
    ErrorCode.SHAPES_TOO_INTRICATE: "Take a --mask with a simpler outline.",
    ErrorCode.SHAPES_TOO_MANY: "Take a --mask with a simpler outline.",
    ErrorCode.PHOTO_MISSING: "Check the path.",
    ErrorCode.PHOTO_IS_FOLDER: "Choose an image file in it.",
    ErrorCode.PHOTO_NO_ORDINARY_FILE: "Choose an image file.",
    ErrorCode.PHOTO_FORBIDDEN: "Make the file readable and try again.",
    ErrorCode.PHOTO_UNREADABLE: "Copy the photo elsewhere and try again.",
    ErrorCode.PHOTO_FILE_TOO_LARGE: "Save a smaller copy as PNG or JPEG.",
    ErrorCode.PHOTO_NO_IMAGE: "Save the photo as PNG or JPEG.",
    ErrorCode.PHOTO_OTHER_KIND: "Save the photo as PNG or JPEG.",
    ErrorCode.PHOTO_TRANSPARENT: "Choose a photo that shows something.",
    ErrorCode.PHOTO_DAMAGED: "Take another copy of the photo.",
    ErrorCode.PHOTO_TOO_SMALL: "Choose a larger photo.",
    ErrorCode.PHOTO_TOO_LARGE: "Save a smaller copy; {plenty} pixels on the longer side are plenty.",
    ErrorCode.PHOTO_TOO_COSTLY: "Save it anew as PNG or JPEG.",
    ErrorCode.PHOTO_TOO_ELONGATED: "Crop it.",
    ErrorCode.NO_OBJECT: "Choose --background keep, or choose another photo.",
    ErrorCode.NOTHING_TO_DRAW: "Choose a photo with an object in it, or with more contrast.",
    ErrorCode.NOTHING_LEFT_TO_DRAW: None,  # only the extension tells of strokes that are there
    ErrorCode.MASK_BESIDE_PHOTO: "Choose another --mask, or leave it out.",
    ErrorCode.DEVICE_MISSING: "Choose --device auto or cpu.",
    ErrorCode.DEVICE_FAILS: (
        "Choose --device auto or cpu; a card that is too old needs an older PyTorch, a new one a newer driver."
    ),
    ErrorCode.OUT_OF_MEMORY: (
        "Close other programs, ask for fewer --strokes or for --quality draft, or choose --device cpu if it ran on a "
        "GPU."
    ),
    ErrorCode.DIFFVG_MISSING: (
        "Build it from diffvg's sources into the engine's environment, or choose --rasterizer native."
    ),
    ErrorCode.DIFFVG_TOO_MANY_STROKES: "Choose --rasterizer native.",
    ErrorCode.PART_UNREADABLE: _REINSTALL,
    ErrorCode.PART_DAMAGED: _REINSTALL,
    ErrorCode.TORCH_MISSING: "Run install.py without --light, or leave that option as it is by default.",
    ErrorCode.CLIP_PACKAGES_MISSING: "Run install.py without --minimal, or choose --guidance boundary.",
    ErrorCode.CLIP_MODEL_UNKNOWN: "Name one of them with --clip-model.",
    ErrorCode.CLIP_MODEL_WITHOUT_ATTENTION: "Take a vision transformer such as ViT-B-32.",
    ErrorCode.CLIP_WEIGHTS_MISFIT: "Get the right ones with: clipasso models fetch {weights}.",
    ErrorCode.WEIGHTS_UNKNOWN: None,
    ErrorCode.WEIGHTS_MISSING: _FETCH,
    ErrorCode.WEIGHTS_DAMAGED: _FETCH,
    ErrorCode.WEIGHTS_UNRECORDED: _FETCH,
    ErrorCode.DOCUMENT_UNREADABLE: "Choose an SVG file that clipasso sketch has written.",
    ErrorCode.SKETCH_MISSING: "Choose an SVG file that clipasso sketch has written, or one with such layers.",
    ErrorCode.SKETCH_HIDDEN: "Name the one that is meant with --level.",
    ErrorCode.SKETCH_EMPTY: "Choose another with --level, or another file.",
    ErrorCode.SKETCH_TOO_LARGE: "Choose one of them with --level.",
    ErrorCode.SKETCH_LEVEL_MISSING: "Choose one of them with --level.",
    ErrorCode.OPTION_OUT_OF_RANGE: None,
    ErrorCode.PAUSES_TOO_LONG: "Ask for a shorter --pause, or for a greater --length.",
    ErrorCode.FILM_TOO_LARGE: "Ask for a smaller --size or --length, or for an SVG.",
    ErrorCode.FFMPEG_MISSING: "Install it, or choose another ending, for example .gif or .apng.",
    ErrorCode.FFMPEG_FAILED: "Choose another ending, for example .gif or .apng.",
    ErrorCode.MARGIN_TOO_WIDE: "Choose a smaller --margin or a larger --sheet.",
}
"""What to do; None where what went wrong says it already, or cannot be met on the command line."""

NOTICE_ADVICE: dict[NoticeCode, str | None] = {
    NoticeCode.NO_CLIP_PACKAGES: "What to do about it: clipasso doctor.",
    NoticeCode.NO_CLIP_WEIGHTS: "What to do about it: clipasso doctor.",
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
    advice = ADVICE[error.code] if isinstance(error, CodedError) else None
    return f"{error} {advice.format(**error.details)}" if isinstance(error, CodedError) and advice else str(error)


def told_notice(event: Event) -> str:
    """The whole sentence for an event ``notice``."""
    advice = NOTICE_ADVICE[NoticeCode(event["code"])]
    return f"{event['message']} {advice.format(**event['details'])}" if advice else str(event["message"])


def remedy(weights: Weights) -> str:
    """What to do when these weights are missing or damaged, in one sentence."""
    return f"They are part of CLIPasso: {_REINSTALL}" if weights.bundled else _FETCH.format(weights=weights.name)
