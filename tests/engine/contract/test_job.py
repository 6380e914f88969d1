"""The job, its messages and its options: the contract between the extension and the engine."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import pytest

from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.job import PATH, SketchJob, parse_levels
from clipasso_engine.contract.protocol import decode, encode
from clipasso_engine.contract.sketch import Sketch, Stroke
from tests.support.told import refused

NOT_FOR_THE_COMMAND_LINE = {
    "part",
    "photo",
    "drawn",
    "drawn_role",
    "mask",
    "details",
    "clips",
    "upright",
    "abstraction",
    "photo_bytes",
}
CURVE = ((1.0, 2.0), (3.0, 4.0), (5.0, 6.0), (7.0, 8.5))

SKETCH = Sketch(
    level=2,
    width=640,
    height=480,
    strokes=(
        Stroke(((1.5, 2.25), (3.0, 4.0), (-5.0, 6.0), (7.0, 1e-9)), width=3.0, importance=0.5, colour="#a0b1c2"),
        Stroke(((0.1, 0.2), (0.3, 0.4), (0.5, 0.6), (0.7, 0.8)), width=1 / 3),
    ),
    loss=0.123,
)


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("16", (16,)),
        ("32, 16, 8, 4", (32, 16, 8, 4)),
        ("4 8;16,,32", (32, 16, 8, 4)),
        ("8,8, 8", (8,)),
        (" 1\t512\n", (512, 1)),
    ],
)
def test_levels(text: str, levels: tuple[int, ...]) -> None:
    assert parse_levels(text) == levels


@pytest.mark.parametrize("text", ["", " , ;", "0", "513", "-3", "8, lots", "1.5", "1e2", "16;DROP", "９９９"])
def test_nonsense_levels(text: str) -> None:
    with refused("for example 32, 16, 8, 4") as caught:
        parse_levels(text)
    assert repr(text) in str(caught.value) or "empty" in str(caught.value)


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("levels", (0,), "number of strokes is 0, but it must be a whole number from 1 to 512"),
        ("levels", (16, 513), "number of strokes is 513"),
        ("levels", (True,), "number of strokes is True"),
        ("levels", ("16",), "number of strokes is '16'"),
        ("seed", -1, "seed is -1"),
        ("seed", 2**31, f"from 0 to {2**31 - 1}"),
        ("seed", 1.5, "seed is 1.5"),
        ("seed", False, "seed is False"),
        ("quality", "great", "quality is 'great', but must be one of: draft, normal, best"),
        ("device", "tpu", "device is 'tpu', but must be one of: auto, cpu, cuda, mps"),
        ("segments", 0, "number of segments is 0, but it must be a whole number from 1 to 4"),
        ("segments", 5, "number of segments is 5"),
        ("segments", True, "number of segments is True"),
        ("segments", "2", "number of segments is '2'"),
        ("time_budget", 0, "time budget is 0 seconds"),
        ("time_budget", float("nan"), "time budget is nan"),
    ],
)
def test_values_out_of_range(option: str, value: object, words: str) -> None:
    with pytest.raises(UserError) as caught:
        SketchJob(photo="a.png", **{option: value})  # type: ignore[arg-type]
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_papers_strokes_have_one_segment() -> None:
    assert SketchJob("a.png", quality="paper").segments == 1
    with pytest.raises(UserError, match="cannot draw strokes of 3"):
        SketchJob("a.png", quality="paper", segments=3)


def test_every_choice_is_accepted_and_every_option_has_its_help() -> None:
    for option in dataclasses.fields(SketchJob):
        if option.name not in NOT_FOR_THE_COMMAND_LINE:
            assert option.metadata["help"]
        for choice in option.metadata.get("choices", ()):
            assert getattr(SketchJob("a.png", **{option.name: choice}), option.name) == choice


@pytest.mark.parametrize("drawn", [[[[0, 0]] * 3], [[[0, 0, 0]] * 4], [["line"] * 4], [[[0, float("nan")]] * 4], 7])
def test_drawn_curves_that_are_none(drawn: object) -> None:
    with pytest.raises(UserError, match="each must have 4 points"):
        SketchJob("a.png", drawn=drawn)  # type: ignore[arg-type]


@pytest.mark.parametrize("far", [101, -9e8, 1e300])
def test_drawn_curves_that_lie_too_far_off(far: float) -> None:
    with pytest.raises(UserError, match="further from the photo than 100 times its size"):
        SketchJob("a.png", drawn=(CURVE, ((0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (far, 0.0))))


def test_drawn_curves_are_limited() -> None:
    with pytest.raises(UserError, match="have 2001 curves, but at most 2000"):
        SketchJob("a.png", drawn=(CURVE,) * 2001)


@pytest.mark.parametrize(
    "shapes", [[[]], [[[[0, 0], [1, 1]]]], [[[[0, 0, 0]] * 3]], [[["line"] * 3]], [[[[0, float("nan")]] * 3]], 7]
)
@pytest.mark.parametrize("name", ["mask", "details"])
def test_shapes_that_are_none(name: str, shapes: object) -> None:
    with pytest.raises(UserError, match="must have rings of 3 points"):
        SketchJob("a.png", **{name: shapes})  # type: ignore[arg-type]


@pytest.mark.parametrize("names", [("mask",), ("details", "mask"), ("mask", "clips")])
def test_corners_of_shapes_are_limited_over_all_fields(names: tuple[str, ...]) -> None:
    share = (((0.0, 0.0),) * (50_001 // len(names) + 1),)
    shapes = {name: ((share,),) if name == "clips" else (share,) for name in names}
    with pytest.raises(UserError, match="corners, but at most 50000"):
        SketchJob("a.png", **shapes)  # type: ignore[arg-type]


def test_shapes_and_levels_are_limited() -> None:
    with pytest.raises(UserError, match="are 501 shapes drawn"):
        SketchJob("a.png", clips=(((CURVE,),) * 501,))
    zigzag = tuple((k / 5000, float(k % 2)) for k in range(5000))
    with pytest.raises(UserError, match="up and down it 5000 times, but at most 2000"):
        SketchJob("a.png", mask=((zigzag,),))
    with pytest.raises(UserError, match="asks for 33 levels, but at most 32"):
        SketchJob("a.png", levels=tuple(range(1, 34)))
    with pytest.raises(UserError, match="ask for 4608 strokes together, but at most 4096"):
        SketchJob("a.png", levels=(512,) * 9)
    assert SketchJob("a.png", levels=PATH).levels == PATH


DEEP = json.loads("[" * 900 + "]" * 900)
WRONG: tuple[Any, ...] = (
    *(None, True, 1, -1, 2.0, float("nan"), float("inf"), float("-inf"), 10**400, "", "x", "nan", "\0", "\ud800"),
    *([], [[]], [[[]]], [[[[]]]], [None], [True], ["x"], [1.5], [2.0], [10**400], {}, {"a": 1}, DEEP),
    *("x" * 10_000_000, ["x" * 10_000_000], list(range(2000)), [[[[1e308, 10**400]] * 4]], [[[0, "0"]] * 4]),
    *([[[[0, True]] * 4]], [[[0, None]] * 4], [[{"x": 1}] * 4]),
)


@pytest.mark.parametrize("name", [option.name for option in dataclasses.fields(SketchJob)])
def test_whatever_a_field_is_the_job_is_taken_or_refused_in_a_sentence(name: str) -> None:
    """From one list for all fields, so that a new field is tried too."""
    taken = [value for value in WRONG if not is_refused_in_a_sentence(name, value)]
    assert len(taken) <= 8, taken


def is_refused_in_a_sentence(name: str, value: object) -> bool:
    """Whether a job with this value is refused, which must be told in a short sentence; if taken, it must travel."""
    refusal = None
    try:
        job = SketchJob.from_message({"type": "job", "photo": "a.png", name: value})
    except UserError as error:
        refusal = error
    if refusal is None:
        return decode(encode(job.to_message()))["photo"] != job.photo
    assert len(str(refusal)) < 400
    assert len(str(refusal).splitlines()) == 1
    str(refusal).encode("utf-8")
    encode({"type": "error", **refusal.to_message()})
    return True


def test_no_option_brings_its_control_characters_into_a_message() -> None:
    """Found by the fuzzer."""
    with pytest.raises(UserError, match=re.escape(r"does not know: \x1f\n")):
        SketchJob.from_message({"type": "job", "photo": "a.png", "\x1f\n": None})


@pytest.mark.parametrize("name", ["candidates", "segments", "seed"])
def test_a_whole_number_is_none_with_a_point(name: str) -> None:
    with pytest.raises(UserError, match=r"is 2\.0, but it must be a whole number"):
        SketchJob("a.png", **{name: 2.0})  # type: ignore[arg-type]


def test_a_photo_may_come_with_the_job() -> None:
    job = SketchJob("my photo.png", photo_bytes=b"\x00\xff bytes")
    message = decode(encode(job.to_message()))
    assert message["photo_bytes"] == "AP8gYnl0ZXM="
    assert SketchJob.from_message(message) == job
    assert "bytes" not in repr(job)
    with pytest.raises(UserError, match="photo_bytes is 'A', but it must be a file in base64"):
        SketchJob.from_message({**message, "photo_bytes": "A"})


def test_job_survives_the_wire() -> None:
    job = SketchJob(
        "/tmp/\udcff ü.png",
        levels=(32, 8),
        seed=7,
        quality="best",
        device="cpu",
        time_budget=3.5,
        drawn=(CURVE,),
        drawn_role="company",
        mask=((((0.0, 0.0), (1.0, 0.0), (0.5, 1.25)), ((0.4, 0.1), (0.6, 0.1), (0.5, 0.2))),),
        details=((CURVE,), (CURVE[:3],)),
        abstraction=True,
    )
    line = encode(job.to_message())
    assert line.isascii()
    assert line.count(b"\n") == 1
    assert SketchJob.from_message(decode(line)) == job


def test_job_of_a_newer_version_is_refused() -> None:
    message = {**SketchJob("a.png").to_message(), "hat": 1, "gloves": 2}
    with pytest.raises(UserError, match="does not know: gloves, hat"):
        SketchJob.from_message(message)


def test_sketch_survives_the_wire() -> None:
    assert Sketch.from_json(json.loads(json.dumps(SKETCH.to_json()))) == SKETCH
    line = encode({"type": "level", "sketch": SKETCH.to_json()})
    assert Sketch.from_json(decode(line)["sketch"]) == SKETCH


@pytest.mark.parametrize("line", [b"", b"x", b"[]", b"null", b'{"a":1}', b'{"type":1}', b"\xff"])
def test_what_is_no_message(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  the words are json's
        decode(line)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_json_lacks_are_not_sent(number: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        encode({"type": "step", "loss": number})
