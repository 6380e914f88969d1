"""What `seeing.attention` asks of the classifier, as one pass forwards: the backward pass is written out.

So a runtime that knows no gradients can do it. The test holds it against autograd.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..seeing.classifier_network import MAPS_AFTER, Block, ClassifierNetwork, Convolution


class Contributions(nn.Module):
    """LayerCAM's maps of a photo, by a classifier; see `seeing.attention`."""

    def __init__(self, network: ClassifierNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, photo: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What each place of the classifier's maps adds to the classes seen in photos [B, 3, h, w] in 0..1.

        [B, h', w'] for each of `classifier_network.STRIDES`, all three up to one common factor. Classes count by their
        probability. The published method multiplies activations with positive gradients. That suits activations that
        are never negative; those between bottlenecks may be, and then tell by a negative gradient: so positive
        products are summed.
        """
        network = self.network
        fine, middle, last = network.maps(photo)
        logits = network.logits(last)
        pull = (logits.softmax(1) @ network.classes.weight)[..., None, None]  # alike at all places
        told = [_told(last, pull)]
        pull = _against(network.head, pull * _open(last))
        first, second = (after + 1 for after in MAPS_AFTER)
        for seen, stages in ((middle, network.stages[second:]), (fine, network.stages[first:second])):
            blocks = [cast(Block, block) for stage in stages for block in cast(nn.Sequential, stage)]
            inputs = [seen]
            for block in blocks[:-1]:
                inputs.append(block(inputs[-1]))
            for block, x in zip(reversed(blocks), reversed(inputs), strict=True):
                pull = _through(block, x, pull)
            told.append(_told(seen, pull))
        return told[2], told[1], told[0]


def _told(seen: Tensor, pull: Tensor) -> Tensor:
    return functional.relu(seen * pull).sum(1)


def _open(y: Tensor) -> Tensor:
    """Where a ReLU6 that put out ``y`` lets a gradient through."""
    return (y > 0).to(y.dtype) * (y < 6).to(y.dtype)


def _through(block: Block, x: Tensor, pull: Tensor) -> Tensor:
    """The gradient at a block's input ``x`` that comes of the ``pull`` at its output."""
    assert block.expand  # all blocks between the maps widen
    wide = functional.relu6(block.expand(x))
    deep = functional.relu6(block.depthwise(wide))
    back = _against(block.depthwise, _against(block.project, pull) * _open(deep)) * _open(wide)
    back = _against(block.expand, back)
    return back + pull if block.residual else back


def _against(layer: Convolution, pull: Tensor) -> Tensor:
    """The gradient at the input of a convolution that comes of the ``pull`` at its output: a convolution, turned.

    Not `conv_transpose2d`, which runtimes have slow kernels for, but to spread the places that a stride left out.
    """
    weight, groups = layer.kernel.weight, layer.kernel.groups
    if layer.size == 1:
        return functional.conv2d(pull, weight.transpose(0, 1))
    over = layer.size - layer.stride  # of padding, as maps are multiples of the stride; the far side has more of it
    if layer.stride == 2:
        pull = functional.conv_transpose2d(pull, torch.ones(groups, 1, 1, 1), stride=2, output_padding=1, groups=groups)
    near = layer.size - 1 - over // 2
    far = layer.size - 1 - near
    padded = functional.pad(pull, (near, far, near, far))
    return functional.conv2d(padded, weight.flip((2, 3)), groups=groups)
