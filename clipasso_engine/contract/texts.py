"""What the engine says, in English: texts that either program shows, by the codes of `codes`.

The extension translates them, so each stands in `translatable`, where po/update.py finds it. None says what to do: that
is the advice of the program that shows it. Standard library only, Python 3.8.
"""

from __future__ import annotations

from .codes import ErrorCode, NoticeCode


def translatable(text: str) -> str:
    """``text`` as it is, marked for translation; the extension translates it where it is shown."""
    return text


WHAT_AND_WHY: dict[ErrorCode, str] = {
    ErrorCode.MESSAGE_UNREADABLE: translatable("The engine was sent a message that it cannot read ({reason})."),
    ErrorCode.OPTION_MISFIT: translatable("The job's {option} is {value}, but it must be {kind}."),
    ErrorCode.LEVEL_OUT_OF_RANGE: translatable(
        "The number of strokes is {level}, but it must be a whole number from {least} to {most}."
    ),
    ErrorCode.LEVELS_UNREADABLE: translatable(
        "The levels are '{text}', but '{word}' is not a whole number from {least} to {most}."
    ),
    ErrorCode.LEVELS_EMPTY: translatable("The list of levels is empty."),
    ErrorCode.LEVELS_TOO_MANY: translatable(
        "The job asks for {count} levels, but at most {most} can be drawn at once."
    ),
    ErrorCode.LEVELS_TOO_MANY_STROKES: translatable(
        "The levels ask for {count} strokes together, but at most {most} can be drawn at once."
    ),
    ErrorCode.CHOICE_UNKNOWN: translatable("{option} is {value}, but must be one of: {choices}."),
    ErrorCode.SEED_OUT_OF_RANGE: translatable("The seed is {value}, but it must be a whole number from 0 to {most}."),
    ErrorCode.CANDIDATES_OUT_OF_RANGE: translatable(
        "The number of candidates is {value}, but it must be a whole number from 1 to {most}."
    ),
    ErrorCode.SEGMENTS_OUT_OF_RANGE: translatable(
        "The number of segments is {value}, but it must be a whole number from 1 to {most}."
    ),
    ErrorCode.TIME_BUDGET_NOT_POSITIVE: translatable("The time budget is {value} seconds, but it must be more than 0."),
    ErrorCode.BACKGROUND_STROKES_OUT_OF_RANGE: translatable(
        "The number of background strokes is {value}, but must be a whole number from 0 to {most}."
    ),
    ErrorCode.PAPER_WITH_BACKGROUND_STROKES: translatable(
        "Quality “paper” draws the object and its background in one, so it has no background strokes."
    ),
    ErrorCode.PAPER_WITH_SEGMENTS: translatable(
        "The paper's strokes have one segment each, so the quality paper cannot draw strokes of {segments}."
    ),
    ErrorCode.PAPER_WITHOUT_LEVEL: translatable(
        "The paper's recipe needs a number of strokes and finds none by itself."
    ),
    ErrorCode.TEXT_WITHOUT_CLIP: translatable(
        "The text '{text}' needs CLIP, but the sketch is to be guided without it."
    ),
    ErrorCode.JOB_OPTIONS_UNKNOWN: translatable("The job has options this engine does not know: {options}."),
    ErrorCode.DRAWN_CURVES_UNREADABLE: translatable(
        "The curves drawn by hand cannot be read: each must have 4 points (x, y)."
    ),
    ErrorCode.DRAWN_CURVES_TOO_MANY: translatable(
        "The strokes drawn by hand have {count} curves, but at most {most} can be gone on from."
    ),
    ErrorCode.DRAWN_CURVES_TOO_FAR: translatable(
        "Strokes drawn by hand lie further from the photo than {most} times its size, so they cannot be gone on from."
    ),
    ErrorCode.SHAPES_UNREADABLE: translatable(
        "The shapes drawn on the photo cannot be read: each must have rings of 3 points (x, y) or more."
    ),
    ErrorCode.SHAPES_TOO_MANY_CORNERS: translatable(
        "The shapes drawn on the photo have {count} corners, but at most {most} can be looked at."
    ),
    ErrorCode.SHAPES_TOO_MANY: translatable(
        "There are {count} shapes drawn on the photo, but at most {most} can be looked at."
    ),
    ErrorCode.SHAPES_TOO_INTRICATE: translatable(
        "The outlines of the shapes drawn on the photo run up and down it {count} times, but at most {most} times can "
        "be looked at."
    ),
    ErrorCode.PHOTO_MISSING: translatable("There is no photo at {photo}."),
    ErrorCode.PHOTO_IS_FOLDER: translatable("{photo} is a folder, not a photo."),
    ErrorCode.PHOTO_NO_ORDINARY_FILE: translatable("{photo} is not an ordinary file, so it cannot be read as a photo."),
    ErrorCode.PHOTO_FORBIDDEN: translatable("{photo} may not be read: permission denied."),
    ErrorCode.PHOTO_UNREADABLE: translatable("{photo} cannot be read: {reason}."),
    ErrorCode.PHOTO_FILE_TOO_LARGE: translatable(
        "{photo} is too large: {size} MB, and photos of at most {most} MB are read."
    ),
    ErrorCode.PHOTO_NO_IMAGE: translatable("{photo} is not an image that can be read here."),
    ErrorCode.PHOTO_OTHER_KIND: translatable("{photo} is {kind}, which cannot be read here."),
    ErrorCode.PHOTO_TRANSPARENT: translatable("{photo} is wholly transparent, so there is nothing in it to draw."),
    ErrorCode.PHOTO_DAMAGED: translatable("{photo} is damaged and cannot be decoded ({reason})."),
    ErrorCode.PHOTO_TOO_SMALL: translatable(
        "{photo} is only {width} x {height} pixels, but must have at least {least} pixels on each side."
    ),
    ErrorCode.PHOTO_TOO_LARGE: translatable(
        "{photo} is too large: {width} x {height} pixels, and at most {most} million can be decoded."
    ),
    ErrorCode.PHOTO_TOO_COSTLY: translatable(
        "{photo} would take too long or too much memory to decode: it has {reason}."
    ),
    ErrorCode.PHOTO_TOO_ELONGATED: translatable(
        "{photo} is too elongated: {width} x {height} pixels, and the longer side may be at most {most} times the "
        "shorter."
    ),
    ErrorCode.NO_OBJECT: translatable("No object was found to take out of its background."),
    ErrorCode.NOTHING_TO_DRAW: translatable("The photo {photo} shows nothing to draw: no line in it is strong enough."),
    ErrorCode.NOTHING_LEFT_TO_DRAW: translatable(
        "The strokes that are there already draw every line that was found in the photo, so there is nothing to add."
    ),
    ErrorCode.MASK_BESIDE_PHOTO: translatable(
        "The shapes that say what to draw cover nothing of the photo, so there is nothing to draw."
    ),
    ErrorCode.DEVICE_MISSING: translatable("The device {device} was asked for, but PyTorch finds none here."),
    ErrorCode.DEVICE_FAILS: translatable("The {device} cannot compute with the PyTorch that is installed ({reason})."),
    ErrorCode.OUT_OF_MEMORY: translatable("There is not enough memory for this sketch."),
    ErrorCode.DIFFVG_MISSING: translatable("The rasteriser diffvg needs pydiffvg, which cannot be imported here."),
    ErrorCode.DIFFVG_TOO_MANY_STROKES: translatable(
        "diffvg crashes on more than {most} strokes, and {strokes} are asked for."
    ),
    ErrorCode.PART_UNREADABLE: translatable("The {network} network's weights {file} cannot be read: {reason}."),
    ErrorCode.PART_DAMAGED: translatable(
        "The {network} network's weights {file} are damaged: their SHA-256 is {found}, not {expected}."
    ),
    ErrorCode.TORCH_MISSING: translatable(
        "PyTorch is not installed, since this is a light installation, and {choice} needs it."
    ),
    ErrorCode.CLIP_PACKAGES_MISSING: translatable(
        "CLIP's packages (open_clip_torch, torchvision) are not installed, so CLIP cannot guide."
    ),
    ErrorCode.CLIP_MODEL_UNKNOWN: translatable(
        "The CLIP library has no model '{model}'. It has, among others: {known}."
    ),
    ErrorCode.CLIP_MODEL_WITHOUT_ATTENTION: translatable("{model} has no class token to ask for attention."),
    ErrorCode.CLIP_WEIGHTS_MISFIT: translatable("The weights {file} do not fit the CLIP model {model}."),
    ErrorCode.WEIGHTS_UNKNOWN: translatable("There are no weights named '{weights}'. Known are: {known}, clip-MODEL."),
    ErrorCode.WEIGHTS_MISSING: translatable("The weights {weights} are not on this machine ({file} does not exist)."),
    ErrorCode.WEIGHTS_DAMAGED: translatable(
        "The weights {weights} are damaged: the SHA-256 of {file} is not the expected one."
    ),
    ErrorCode.WEIGHTS_UNRECORDED: translatable(
        "The weights {weights} were put at {file} by hand, so there is nothing to check them against."
    ),
    ErrorCode.DOCUMENT_UNREADABLE: translatable("{file} cannot be read as an SVG drawing ({reason})."),
    ErrorCode.SKETCH_MISSING: translatable("{file} has no sketch in it."),
    ErrorCode.SKETCH_HIDDEN: translatable("{file} shows none of its sketches."),
    ErrorCode.SKETCH_EMPTY: translatable("{file} has a sketch, but none of its strokes is shown."),
    ErrorCode.SKETCH_TOO_LARGE: translatable(
        "{file} has sketches of {count} strokes together, but at most {most} can be drawn once more."
    ),
    ErrorCode.SKETCH_LEVEL_MISSING: translatable("{file} has no sketch of {level} strokes; those in it have {levels}."),
    ErrorCode.OPTION_OUT_OF_RANGE: translatable("{option} is {value}, but must be from {least} to {most}."),
    ErrorCode.PAUSES_TOO_LONG: translatable(
        "{count} pauses of {pause} seconds leave too little of the {length} seconds to draw in; up to {most} would do."
    ),
    ErrorCode.FILM_TOO_LARGE: translatable(
        "The animation would have {frames} frames of {width} x {height} pixels, which is too much."
    ),
    ErrorCode.FFMPEG_MISSING: translatable("An MP4 film needs the program ffmpeg, which is not installed."),
    ErrorCode.FFMPEG_FAILED: translatable("The program ffmpeg could not make the film ({reason})."),
    ErrorCode.MARGIN_TOO_WIDE: translatable(
        "A margin of {margin} mm leaves no room on a sheet of {width} x {height} mm."
    ),
}

NOTICES: dict[NoticeCode, str] = {
    NoticeCode.NO_CLIP_PACKAGES: translatable(
        "Guided by the photo's lines alone, since CLIP's packages are not installed."
    ),
    NoticeCode.NO_CLIP_WEIGHTS: translatable(
        "Guided by the photo's lines alone, since CLIP's weights are not installed."
    ),
    NoticeCode.REMBG_FAILED: translatable(
        "rembg could not use {file} ({reason}). The object was found by the network that comes with CLIPasso."
    ),
    NoticeCode.PHOTO_CUT_OFF: translatable(
        "{photo} is cut off: the last {percent} % of the picture are missing. The rest was sketched."
    ),
    NoticeCode.PHOTO_END_MISSING: translatable(
        "{photo} is cut off: its last bytes are missing. The rest was sketched."
    ),
    NoticeCode.DEVICE_LEFT_OUT: translatable(
        "The {device} cannot compute with the PyTorch that is installed ({reason}), so it was left out."
    ),
    NoticeCode.FEWER_CANDIDATES: translatable(
        "The {device} device ran out of memory; going on with {count} of the candidates."
    ),
    NoticeCode.GOING_ON_ON_CPU: translatable("The {device} device ran out of memory; going on on the CPU."),
    NoticeCode.NO_SURROUNDINGS: translatable(
        "There are no background strokes: no object stands out, or there is nothing to draw around it."
    ),
}

BACKGROUND_OF_ONE_STROKE = translatable("Background, {count} stroke")
BACKGROUND_OF_STROKES = translatable("Background, {count} strokes")
LAYER_OF_ONE_STROKE = translatable("Sketch, {count} stroke")
LAYER_OF_STROKES = translatable("Sketch, {count} strokes")

# What fills placeholders: what an option of a job must be, the kinds of files that are no photos, and what computes.
TEXT = translatable("a text of Unicode characters, not too long")
FILE_PATH = translatable("the path of a file")
TRUE_OR_FALSE = translatable("true or false")
NUMBER = translatable("a number")
BASE64 = translatable("a file in base64")
JPEG_XL = translatable("a JPEG XL image")
PDF = translatable("a PDF document")
POSTSCRIPT = translatable("a PostScript document")
XML = translatable("a drawing in SVG or another XML file")
GIMP = translatable("a GIMP image")
PHOTOSHOP = translatable("a Photoshop image")
RAW = translatable("a camera's raw image")
VIDEO = translatable("a video")
ZIP = translatable("a ZIP archive")
WEB_PAGE = translatable("a web page")
AVIF = translatable("an AVIF image")
HEIC = translatable("a HEIC photo, as iPhones take them")
JPEG_2000 = translatable("a JPEG 2000 image")
ICON = translatable("an icon")
ODD_JPEG = translatable("a lossless or hierarchical JPEG")
ODD_TIFF = translatable("a TIFF in a rare compression")
ODD_PNM = translatable("a portable pixmap of another kind than binary with 8 bits")
MANY_SCANS = translatable("too many scans")
MANY_PIXELS = translatable("too many pixels")
MANY_PARTS = translatable("too many or too large parts beside the picture")
NVIDIA_CARD = translatable("NVIDIA card")
APPLE_GPU = translatable("Apple GPU")
