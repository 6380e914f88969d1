"""Random CLIP models in the published layout: what can be tested without CLIP's real weights."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

TINY = {
    "embed_dim": 32,
    "quick_gelu": True,
    "vision_cfg": {"image_size": 224, "layers": [1, 1, 1, 1], "width": 8, "head_width": 32, "patch_size": None},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
}
TINY_VIT = TINY | {"vision_cfg": {"image_size": 224, "layers": 4, "width": 64, "head_width": 32, "patch_size": 32}}


@contextmanager
def quiet() -> Iterator[None]:
    """The library warns that the weights are random, which is what they should be."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


def open_clip() -> Any:
    """The library; what warns while it is imported is not ours to mend."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import open_clip

    return open_clip


def register_tiny(folder: Path) -> None:
    """Make the models ``tiny`` and ``tiny-vit`` known to the library."""
    for name, config in (("tiny", TINY), ("tiny-vit", TINY_VIT)):
        (folder / f"{name}.json").write_text(json.dumps(config))
    open_clip().add_model_config(folder)


@cache
def random_model(architecture: str, seed: int = 0) -> Any:
    """A model of the library with random weights whose every layer has a say, in evaluation mode; not to be changed."""
    torch.manual_seed(seed)
    with quiet():
        model = open_clip().create_model(architecture)
    normalisations = [module for module in model.visual.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    for module in normalisations:
        # The library starts the last one of each block at zero, which would leave the block without effect.
        torch.nn.init.uniform_(module.weight, 0.2, 0.6)
        torch.nn.init.normal_(module.bias, std=0.1)
        module.momentum = 1.0
    if normalisations:
        coarse = torch.randn(4, 3, 7, 7)
        size = model.visual.image_size
        with torch.no_grad():
            model.visual.train()(torch.nn.functional.interpolate(coarse, size, mode="bilinear"))
    return model.eval()


def save(model: Any, file: Path) -> None:
    """Write a model as the hub has it: all tensors, 32 bits, no metadata."""
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, file)
