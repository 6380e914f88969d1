"""The codes of what the engine says to the user. They travel, so each keeps its meaning. Standard library only."""

from __future__ import annotations

from enum import Enum


class ErrorCode(str, Enum):
    """What can go wrong with a job: each has a text in `texts.WHAT_AND_WHY`, and in both programs an advice."""

    # The job itself.
    MESSAGE_UNREADABLE = "message-unreadable"
    OPTION_MISFIT = "option-misfit"
    LEVEL_OUT_OF_RANGE = "level-out-of-range"
    LEVELS_UNREADABLE = "levels-unreadable"
    LEVELS_EMPTY = "levels-empty"
    LEVELS_TOO_MANY = "levels-too-many"
    LEVELS_TOO_MANY_STROKES = "levels-too-many-strokes"
    CHOICE_UNKNOWN = "choice-unknown"
    SEED_OUT_OF_RANGE = "seed-out-of-range"
    CANDIDATES_OUT_OF_RANGE = "candidates-out-of-range"
    SEGMENTS_OUT_OF_RANGE = "segments-out-of-range"
    TIME_BUDGET_NOT_POSITIVE = "time-budget-not-positive"
    PAPER_WITH_SEGMENTS = "paper-with-segments"
    BACKGROUND_STROKES_OUT_OF_RANGE = "background-strokes-out-of-range"
    PAPER_WITH_BACKGROUND_STROKES = "paper-with-background-strokes"
    PAPER_WITHOUT_LEVEL = "paper-without-level"
    TEXT_WITHOUT_CLIP = "text-without-clip"
    JOB_OPTIONS_UNKNOWN = "job-options-unknown"
    DRAWN_CURVES_UNREADABLE = "drawn-curves-unreadable"
    DRAWN_CURVES_TOO_MANY = "drawn-curves-too-many"
    DRAWN_CURVES_TOO_FAR = "drawn-curves-too-far"
    SHAPES_UNREADABLE = "shapes-unreadable"
    SHAPES_TOO_MANY_CORNERS = "shapes-too-many-corners"
    SHAPES_TOO_MANY = "shapes-too-many"
    SHAPES_TOO_INTRICATE = "shapes-too-intricate"
    # The photo.
    PHOTO_MISSING = "photo-missing"
    PHOTO_IS_FOLDER = "photo-is-folder"
    PHOTO_NO_ORDINARY_FILE = "photo-no-ordinary-file"
    PHOTO_FORBIDDEN = "photo-forbidden"
    PHOTO_UNREADABLE = "photo-unreadable"
    PHOTO_FILE_TOO_LARGE = "photo-file-too-large"
    PHOTO_NO_IMAGE = "photo-no-image"
    PHOTO_OTHER_KIND = "photo-other-kind"
    PHOTO_DAMAGED = "photo-damaged"
    PHOTO_TRANSPARENT = "photo-transparent"
    PHOTO_TOO_SMALL = "photo-too-small"
    PHOTO_TOO_LARGE = "photo-too-large"
    PHOTO_TOO_COSTLY = "photo-too-costly"
    PHOTO_TOO_ELONGATED = "photo-too-elongated"
    # What is seen in it.
    NO_OBJECT = "no-object"
    NOTHING_TO_DRAW = "nothing-to-draw"
    NOTHING_LEFT_TO_DRAW = "nothing-left-to-draw"
    MASK_BESIDE_PHOTO = "mask-beside-photo"
    # What computes.
    DEVICE_MISSING = "device-missing"
    DEVICE_FAILS = "device-fails"
    OUT_OF_MEMORY = "out-of-memory"
    DIFFVG_MISSING = "diffvg-missing"
    DIFFVG_TOO_MANY_STROKES = "diffvg-too-many-strokes"
    # Weights and packages.
    PART_UNREADABLE = "part-unreadable"
    PART_DAMAGED = "part-damaged"
    CLIP_PACKAGES_MISSING = "clip-packages-missing"
    TORCH_MISSING = "torch-missing"
    CLIP_MODEL_UNKNOWN = "clip-model-unknown"
    CLIP_MODEL_WITHOUT_ATTENTION = "clip-model-without-attention"
    CLIP_WEIGHTS_MISFIT = "clip-weights-misfit"
    WEIGHTS_UNKNOWN = "weights-unknown"
    WEIGHTS_MISSING = "weights-missing"
    WEIGHTS_DAMAGED = "weights-damaged"
    WEIGHTS_UNRECORDED = "weights-unrecorded"


class NoticeCode(str, Enum):
    """What the user should know although the work goes on: texts and advice likewise."""

    NO_CLIP_PACKAGES = "no-clip-packages"
    NO_CLIP_WEIGHTS = "no-clip-weights"
    REMBG_FAILED = "rembg-failed"
    PHOTO_CUT_OFF = "photo-cut-off"
    PHOTO_END_MISSING = "photo-end-missing"
    DEVICE_LEFT_OUT = "device-left-out"
    FEWER_CANDIDATES = "fewer-candidates"
    GOING_ON_ON_CPU = "going-on-on-cpu"
    NO_SURROUNDINGS = "no-surroundings"
