"""CLIP's networks, frozen and made quick for looking at sketches. Only here is open_clip imported, and only when used.

CLIP: Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", ICML 2021.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ..contract.codes import ErrorCode
from ..contract.errors import CodedError
from ..weights import models
from .availability import SALIENCY_MODEL, installed, usable

__all__ = [
    "SALIENCY_MODEL",
    "ImageTower",
    "attention",
    "image_tower",
    "installed",
    "library_tower",
    "normalised",
    "reduced_precision",
    "text_embedding",
    "usable",
]


class ImageTower(nn.Module):
    """An image encoder of CLIP: some of its inner maps, and the embedding that texts share.

    Views are float [N, 3, size, size] in 0..1, RGB. The tower normalises them as its training did.
    """

    def __init__(self, visual: Any, dtype: torch.dtype = torch.float32) -> None:
        """``visual`` is an image tower of open_clip, ``dtype`` the number format to run it in."""
        super().__init__()
        self.visual = visual.to(dtype=dtype, memory_format=torch.channels_last)
        self._dtype = dtype
        size = visual.image_size
        self.size: int = size if isinstance(size, int) else size[0]
        self._stages = _middle_stages(visual)

    def in_fewer_bits(self) -> ImageTower | None:
        """A copy that runs in the number format in which the tower's device is faster, where there is one."""
        dtype = reduced_precision(next(self.parameters()).device)
        return None if dtype == self._dtype else ImageTower(deepcopy(self.visual), dtype)

    def forward(self, views: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor]:
        """The maps [N, C, h, w] after the stages the geometric loss compares, and embeddings [N, D], in 32 bits."""
        images = normalised(views).to(dtype=self._dtype, memory_format=torch.channels_last)
        # The last stage is asked for as well: open_clip's ResNet runs no further than the last index.
        indices = [*self._stages, _stage_count(self.visual) - 1]
        found = self.visual.forward_intermediates(images, indices=indices)
        maps = found["image_intermediates"][: len(self._stages)]
        return [stage.float() for stage in maps], found["image_features"].float()


def image_tower(model: str, device: torch.device | str, trained: bool = True) -> ImageTower:
    """The image encoder of ``model``, frozen, in 32 bits; untrained it has random weights, enough to measure time.

    Raises `UserError` when the library or the weights are missing, damaged or of another architecture.
    """
    visual = _fused(library_tower(model, trained))
    return ImageTower(visual.to(device))


def text_embedding(model: str, text: str, device: torch.device | str) -> torch.Tensor:
    """What CLIP makes of ``text``: float [D], of length 1. The text tower is let go of afterwards."""
    open_clip = _library()
    name = _config_name(model)
    with _quiet():
        network = open_clip.create_model(name, pretrained=str(models.path(models.clip(model).name))).eval()
        tokens = open_clip.get_tokenizer(name)([text])
    with torch.no_grad():
        embedding: torch.Tensor = network.encode_text(tokens, normalize=True)[0].float().to(device)
    return embedding


def attention(model: str, image: torch.Tensor) -> torch.Tensor:
    """How much the class token of a vision transformer attends to each patch.

    Args:
        model: a vision transformer of the CLIP library.
        image: float [3, size, size] in 0..1, on the device to compute on.

    Returns:
        float [rows, columns] of the patch grid, the mean over heads and layers (the paper's section 3.2).
    """
    visual = library_tower(model)
    if not isinstance(visual, _library().transformer.VisionTransformer):
        raise CodedError(ErrorCode.CLIP_MODEL_WITHOUT_ATTENTION, model=model)
    attended = class_attention(visual.to(image.device), normalised(image[None]))[0]
    return attended.reshape(visual.grid_size)


def class_attention(visual: Any, images: torch.Tensor) -> torch.Tensor:
    """[N, patches]: the attention of open_clip's ``visual`` from class token to patches, mean over heads and layers."""
    layers: list[torch.Tensor] = []

    def note(attention: nn.MultiheadAttention, inputs: tuple[torch.Tensor, ...]) -> None:
        # open_clip asks its attention for no weights, so they are computed again, for the class token alone.
        tokens = inputs[0]
        query, key, _ = nn.functional.linear(tokens, attention.in_proj_weight, attention.in_proj_bias).chunk(3, dim=-1)
        query, key = (
            part.unflatten(-1, (attention.num_heads, -1)).transpose(1, 2) for part in (query[:, :1], key)
        )  # [N, heads, 1 or tokens, width per head]
        weights = (query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5).softmax(dim=-1)
        layers.append(weights[:, :, 0, 1:].mean(dim=1))

    hooks = [block.attn.register_forward_pre_hook(note) for block in visual.transformer.resblocks]
    try:
        with torch.no_grad():
            visual(images)
    finally:
        for hook in hooks:
            hook.remove()
    return torch.stack(layers).mean(dim=0)


def reduced_precision(device: torch.device) -> torch.dtype:
    """The number format in which the device runs a network faster than in 32 bits, where it has one."""
    if device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.bfloat16
    # Without the instructions, a CPU computes 16-bit floats slower than 32-bit ones.
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return torch.bfloat16 if device.type == "cpu" and supported() else torch.float32


def normalised(images: torch.Tensor) -> torch.Tensor:
    """Images [N, 3, h, w] in 0..1 as CLIP was trained on them."""
    open_clip = _library()
    mean = torch.tensor(open_clip.OPENAI_DATASET_MEAN, device=images.device).view(1, 3, 1, 1)
    std = torch.tensor(open_clip.OPENAI_DATASET_STD, device=images.device).view(1, 3, 1, 1)
    return (images - mean) / std


def _library() -> Any:
    if not installed():
        raise CodedError(ErrorCode.CLIP_PACKAGES_MISSING)
    import open_clip

    return open_clip


def _config_name(model: str) -> str:
    """The library's name of the network; OpenAI's weights were trained with the quick variant of GELU."""
    return models.clip(model).architecture


def _config(model: str) -> dict[str, Any]:
    open_clip = _library()
    config: dict[str, Any] | None = open_clip.get_model_config(_config_name(model))
    if config is None:
        known = ", ".join(name for name in open_clip.list_models() if name.startswith(("RN", "ViT-B")))
        raise CodedError(ErrorCode.CLIP_MODEL_UNKNOWN, model=model, known=known)
    return config


def library_tower(model: str, trained: bool = True) -> Any:
    """open_clip's own image tower of ``model``, frozen, in evaluation mode, on the CPU."""
    config = _config(model)
    with _quiet():
        # Private, but the only way to an image tower without a text tower as large again.
        visual = _library().model._build_vision_tower(
            config["embed_dim"], config["vision_cfg"], config.get("quick_gelu", False)
        )
    if trained:
        _load(visual, models.path(models.clip(model).name), model)
    return visual.eval().requires_grad_(False)


def _load(visual: nn.Module, file: Path, model: str) -> None:
    with safe_open(file, framework="pt") as tensors:
        state = {
            key.removeprefix("visual."): tensors.get_tensor(key)
            for key in tensors.keys()  # noqa: SIM118
            if key.startswith("visual.")
        }
    try:
        visual.load_state_dict(state)
    except RuntimeError as problem:
        raise CodedError(
            ErrorCode.CLIP_WEIGHTS_MISFIT, file=file, model=model, weights=models.clip(model).name
        ) from problem


def _stage_count(visual: Any) -> int:
    if hasattr(visual, "trunk"):
        return len(visual.trunk.feature_info)
    return len(visual.transformer.resblocks) if hasattr(visual, "transformer") else 5


def _middle_stages(visual: Any) -> list[int]:
    """The stages whose maps are compared: 2 and 3 of stem, 1, 2, 3, 4 in a ResNet, and as deep in other networks."""
    count = _stage_count(visual)
    if hasattr(visual, "transformer") or count > 6:
        return [count // 2 - 1, count * 3 // 4 - 1]
    return [count - 3, count - 2]


def _fused(visual: Any) -> Any:
    """A frozen ResNet's batch normalisations folded into the convolutions before them: a quarter of the time less."""
    if isinstance(visual, _library().modified_resnet.ModifiedResNet):
        for module in list(visual.modules()):
            for (before, convolution), (after, normalisation) in pairwise(list(module.named_children())):
                if isinstance(normalisation, nn.BatchNorm2d):
                    setattr(module, before, fuse_conv_bn_eval(convolution, normalisation).requires_grad_(False))
                    setattr(module, after, nn.Identity())
    return visual


@contextmanager
def _quiet() -> Iterator[None]:
    """Room to make a network in without side effects.

    open_clip logs through the root logger, which would set up logging to stderr behind everybody's back, and the
    random start of a network uses up the process's random numbers.
    """
    handler = logging.NullHandler()
    logging.getLogger().addHandler(handler)
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        logging.getLogger().removeHandler(handler)
