"""The architecture of the classifier: EfficientNet-Lite0 (Tan and Le, "EfficientNet: Rethinking Model Scaling for
Convolutional Neural Networks", ICML 2019; Lite: its variant for small devices, with ReLU6 and without
squeeze-and-excitation). Its loading and use: `clipasso_engine.seeing.attention`.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from ..weights import bundled

CLASSES = 1000
"""Of ImageNet, in the order of their WordNet identifiers."""

STRIDES = (8, 16, 32)
"""Photo pixels to a step of each map of `ClassifierNetwork.maps`."""

CHANNELS = (40, 112, 1280)
"""Of those maps. The last, pooled, is what classes are told by."""

_STEM = 32  # channels
# kernel, stride of the first block, expansion, channels, blocks
_STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
MAPS_AFTER = (2, 4)  # stages after which the maps at strides 8 and 16 are taken; that at 32 is the head's
_MEAN, _DEVIATION = 127.0 / 255, 128.0 / 255  # of all channels alike, in training


def load(device: Any = "cpu") -> ClassifierNetwork:
    """The trained network on ``device``; raises what `bundled.filled` raises."""
    return bundled.filled(ClassifierNetwork(), bundled.CLASSIFIER, bundled.CLASSIFIER_SHA256, device)


class Convolution(nn.Module):
    """A convolution, its batch normalisation folded in, padded as TensorFlow does: at the far sides first."""

    def __init__(self, inputs: int, outputs: int, size: int = 1, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.kernel = nn.Conv2d(inputs, outputs, size, stride, groups=groups)
        self.size, self.stride = size, stride

    def forward(self, x: Tensor) -> Tensor:
        if self.size > 1:
            over = [max((-(-side // self.stride) - 1) * self.stride + self.size - side, 0) for side in x.shape[-2:]]
            x = functional.pad(x, (over[1] // 2, over[1] - over[1] // 2, over[0] // 2, over[0] - over[0] // 2))
        result: Tensor = self.kernel(x)
        return result


class Block(nn.Module):
    """An inverted bottleneck: wider, a convolution of each channel by itself, narrower without a nonlinearity."""

    def __init__(self, inputs: int, outputs: int, size: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = inputs * expansion
        self.expand = Convolution(inputs, inner) if expansion > 1 else None
        self.depthwise = Convolution(inner, inner, size, stride, inner)
        self.project = Convolution(inner, outputs)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = x if self.expand is None else functional.relu6(self.expand(x))
        y = self.project(functional.relu6(self.depthwise(y)))
        return x + y if self.residual else y


class ClassifierNetwork(nn.Module):
    """Sixteen inverted bottlenecks in seven stages between a stem and a head, and a linear layer for the classes."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Convolution(3, _STEM, 3, 2)
        self.stages = nn.ModuleList()
        inputs = _STEM
        for size, stride, expansion, outputs, blocks in _STAGES:
            stage = nn.Sequential()
            for index in range(blocks):
                stage.append(Block(inputs, outputs, size, stride if index == 0 else 1, expansion))
                inputs = outputs
            self.stages.append(stage)
        self.head = Convolution(inputs, CHANNELS[-1])
        self.classes = nn.Linear(CHANNELS[-1], CLASSES)

    def maps(self, photo: Tensor) -> list[Tensor]:
        """What is seen at `STRIDES`: [B, 40, h / 8, w / 8], [B, 112, h / 16, w / 16] and [B, 1280, h / 32, w / 32].

        ``photo`` [B, 3, h, w] in 0..1, sides multiples of 32; each map follows from the one before (`later`).
        """
        x = functional.relu6(self.stem((photo - _MEAN) / _DEVIATION))
        for stage in self.stages[: MAPS_AFTER[0] + 1]:
            x = stage(x)
        middle = self.later(x, 0)
        return [x, middle, self.later(middle, 1)]

    def later(self, seen: Tensor, index: int) -> Tensor:
        """The map after ``seen``, the one at ``STRIDES[index]``."""
        if index == 0:
            for stage in self.stages[MAPS_AFTER[0] + 1 : MAPS_AFTER[1] + 1]:
                seen = stage(seen)
            return seen
        for stage in self.stages[MAPS_AFTER[1] + 1 :]:
            seen = stage(seen)
        return functional.relu6(self.head(seen))

    def logits(self, last: Tensor) -> Tensor:
        """[B, 1000] from the last of `maps`."""
        result: Tensor = self.classes(last.mean((-2, -1)))
        return result

    def forward(self, photo: Tensor) -> Tensor:
        """Logits [B, 1000] of the classes of photos [B, 3, h, w] in 0..1."""
        return self.logits(self.maps(photo)[-1])
