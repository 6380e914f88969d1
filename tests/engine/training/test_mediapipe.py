"""The face networks: what is in the package is what the MediaPipe project published, and computes what that computes.

The originals are in a wheel, and their own interpreter is an extra of training: where these are not, the tests that
need them say so and are skipped. Without them, `test_landmarks_are_where_mediapipe_sees_them` holds the networks to
numbers that were written down.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from skimage import data

from clipasso_engine.contract.errors import UserError
from clipasso_engine.seeing import faces
from clipasso_engine.training import mediapipe
from clipasso_engine.training.__main__ import save
from clipasso_engine.weights import bundled
from tests.support.told import refused

# Of skimage's astronaut, by MediaPipe 0.10.14 itself (Face Mesh, refined landmarks, static image): px of 512.
ASTRONAUT = {
    1: (223.4, 130.0),
    33: (195.2, 100.9),
    133: (213.3, 103.7),
    362: (237.0, 104.9),
    263: (255.8, 104.3),
    61: (201.8, 139.2),
    291: (245.0, 141.0),
    13: (223.5, 143.2),
    14: (223.0, 150.1),
    152: (221.3, 177.4),
    234: (179.4, 110.0),
    454: (270.2, 115.5),
    70: (188.1, 91.1),
    300: (262.8, 96.0),
    468: (203.5, 101.1),
    473: (246.6, 103.5),
}


def test_landmarks_are_where_mediapipe_sees_them() -> None:
    """To 1.5 px of a face of 100; each program cuts the face out in its own way."""
    (face,) = faces.Finder().find(data.astronaut())
    expected = np.array(list(ASTRONAUT.values()))
    assert np.abs(face.points[list(ASTRONAUT), :2] - expected).max() < 1.5


@pytest.fixture
def wheel() -> Path:
    pytest.importorskip("ai_edge_litert", reason="ai-edge-litert, the originals' own interpreter, is not installed")
    file = Path(os.environ.get("CLIPASSO_WHEELS", "")) / mediapipe.WHEEL.file
    if not file.is_file():
        pytest.skip(f"{mediapipe.WHEEL.file} is not here; its folder would be named by CLIPASSO_WHEELS")
    return file


SOURCES = [
    pytest.param(mediapipe.DETECTOR, faces.DETECTOR, id="detector"),
    pytest.param(mediapipe.LANDMARKS, faces.LANDMARKS, id="landmarks"),
]


@pytest.mark.parametrize(("source", "weights"), SOURCES)
def test_the_weights_are_the_published_ones(
    wheel: Path, source: mediapipe.Source, weights: Path, tmp_path: Path
) -> None:
    """Of all that is in the package not a bit differs."""
    network = source.load(wheel)
    save(network, tmp_path / "made", network.description())
    assert (tmp_path / "made").read_bytes() == weights.read_bytes()


def test_the_detector_computes_what_the_original_does(wheel: Path) -> None:
    picture = torch.rand(1, 192, 192, 3, generator=torch.Generator().manual_seed(1)) * 2 - 1
    expected = interpreted(mediapipe.DETECTOR.read(wheel), {0: picture.numpy()})
    network = bundled.graph(faces.DETECTOR, faces.DETECTOR_SHA256)
    with torch.inference_mode():
        made = network(picture.permute(0, 3, 1, 2))
    for values, name in zip(expected, mediapipe.DETECTOR.outputs, strict=True):
        assert np.abs(values - made[name].numpy()).max() < 1e-3 * max(1.0, float(np.abs(values).max()))


def test_the_landmark_network_computes_what_the_original_does(wheel: Path) -> None:
    """In two parts: that interpreter lacks the three operations between them, which `test_graph_network` is about."""
    from ai_edge_litert import schema_py_generated as schema

    data_ = mediapipe.LANDMARKS.read(wheel)
    model = schema.ModelT.InitFromPackedBuf(data_, 0)
    operators = model.subgraphs[0].operators
    custom = {k for k, code in enumerate(model.operatorCodes) if code.customCode}
    cropped = [o.outputs[0] for o in operators if o.opcodeIndex in custom and len(o.inputs) == 2][:3]
    given = {index: np.random.default_rng(k).random((1, 16, 16, 32), np.float32) for k, index in enumerate(cropped)}
    picture = torch.rand(1, 192, 192, 3, generator=torch.Generator().manual_seed(2))
    given[int(model.subgraphs[0].inputs[0])] = picture.numpy()

    network = bundled.graph(faces.LANDMARKS, faces.LANDMARKS_SHA256)
    crops = [node["to"] for node in network.nodes if node["op"] == "crop"]
    assert len(crops) == len(cropped)
    kinds = ("crop", "crop of landmarks", "in image")
    heads = [node["of"][0] for node in network.nodes if node["op"] == "in image"]
    network.nodes = [node for node in network.nodes if node["op"] not in kinds]
    network.outputs = ["mesh", "presence", *heads]
    made = run_with(network, picture.permute(0, 3, 1, 2), crops, [given[index] for index in cropped])
    names = {"mesh": "output_mesh", "presence": "conv_faceflag"}
    ends = [names.get(name, f"{int(name[1:])}" if name[0] == "v" else name) for name in network.outputs]
    expected = interpreted(data_, given, ends)
    for values, name in zip(expected, network.outputs, strict=True):
        assert np.abs(values.ravel() - made[name].numpy().ravel()).max() < 1e-3 * max(1.0, float(np.abs(values).max()))


def run_with(network: Any, picture: torch.Tensor, names: list[str], crops: list[np.ndarray]) -> dict[str, torch.Tensor]:
    """The network's outputs where its crops are given."""
    from clipasso_engine.weights.graph_network import OPERATIONS

    values = {"image": picture, **dict(network.named_parameters())}
    values |= {name: torch.from_numpy(crop).permute(0, 3, 1, 2) for name, crop in zip(names, crops, strict=True)}
    with torch.inference_mode():
        for node in network.nodes:
            if all(name in values for name in node["of"]):
                values[node["to"]] = OPERATIONS[node["op"]](node, *(values[name] for name in node["of"]))
    return {name: values[name] for name in network.outputs}


def interpreted(file: bytes, given: dict[int, np.ndarray], ends: list[str] | None = None) -> list[np.ndarray]:
    """What the original's own interpreter makes of its tensors ``given``; of those named by ``ends``, if told."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    if ends is not None:
        model = schema.ModelT.InitFromPackedBuf(file, 0)
        graph = model.subgraphs[0]
        custom = {k for k, code in enumerate(model.operatorCodes) if code.customCode}
        graph.operators = [o for o in graph.operators if o.opcodeIndex not in custom]
        known = {int(k) for k in given}
        for o in list(graph.operators):  # without what needs the operations that are gone
            needed = [i for i in o.inputs if i >= 0 and model.buffers[graph.tensors[i].buffer].data is None]
            if all(i in known for i in needed):
                known |= set(o.outputs)
            else:
                graph.operators.remove(o)
        by_name = {tensor.name.decode(): k for k, tensor in enumerate(graph.tensors)}
        graph.inputs = list(given)
        graph.outputs = [int(name) if name.isdigit() else by_name[name] for name in ends]
        builder = flatbuffers.Builder()
        builder.Finish(model.Pack(builder), b"TFL3")
        file = bytes(builder.Output())
    interpreter = Interpreter(
        model_content=file, experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )
    interpreter.allocate_tensors()
    for detail in interpreter.get_input_details():
        interpreter.set_tensor(detail["index"], given[detail["index"] if ends else 0])
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]


def test_another_wheel_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / mediapipe.WHEEL.file
    with pytest.raises(UserError, match=r"missing\. Fetch it: python -m clipasso_engine\.training faces"):
        mediapipe.DETECTOR.load(file)
    file.write_bytes(b"PK")
    with pytest.raises(UserError, match="has SHA-256"):
        mediapipe.DETECTOR.load(file)


def test_another_file_in_the_wheel_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import hashlib
    import zipfile

    file = tmp_path / mediapipe.WHEEL.file
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(mediapipe.DETECTOR.path, b"something else")
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    monkeypatch.setattr(mediapipe, "WHEEL", replace(mediapipe.WHEEL, sha256=sha256))
    with pytest.raises(UserError, match=r"face_detection_full_range_sparse\.tflite in .* has SHA-256"):
        mediapipe.DETECTOR.read(file)


def test_missing_and_damaged_weights_are_said(tmp_path: Path) -> None:
    weights = tmp_path / "face_detector.safetensors"
    with refused(r"The face_detector network's weights.*cannot be read: No such file.*install"):
        bundled.graph(weights, faces.DETECTOR_SHA256)
    weights.write_bytes(faces.DETECTOR.read_bytes()[:-1] + b"x")
    with refused(r"damaged: their SHA-256 is \w{64}, not.*install"):
        bundled.graph(weights, faces.DETECTOR_SHA256)


def test_the_weights_are_small() -> None:
    assert faces.DETECTOR.stat().st_size + faces.LANDMARKS.stat().st_size < 4_000_000
