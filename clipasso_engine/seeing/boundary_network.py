"""The architecture of the boundary network. Its loading and use: `clipasso_engine.seeing.boundary`."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

CHANNELS = (16, 32, 64, 96, 96)  # at strides 2, 4, 8, 16, 32
BLOCKS = (1, 2, 2, 2, 1)  # residual blocks on the way down
TOP_DOWN = (16, 32, 32, 48, 48)  # channels on the way back up
STRIDES = (2, 4, 8, 16)  # of the side outputs: HED's sides 2 to 5


class _Block(nn.Module):
    """Two 3 x 3 convolutions around which the input is added."""

    def __init__(self, channels: int, norm: bool) -> None:
        super().__init__()
        self.first = _convolution(channels, channels, norm)
        self.second = _convolution(channels, channels, norm)

    def forward(self, x: Tensor) -> Tensor:
        return _relu(self.second(_relu(self.first(x))).add_(x))


class BoundaryNetwork(nn.Module):
    """Residual stages at strides 2 to 32 and a top-down path back to stride 2, then 2 x 2 pixels from each position.

    Args:
        norm: batch normalisation after the convolutions, for training; the network in use has it folded into them.
    """

    def __init__(self, norm: bool = False) -> None:
        super().__init__()
        pairs = list(pairwise(CHANNELS))
        # 6 x 6 at stride 2 sees its 2 x 2 output pixels in the middle: no shift by half a pixel.
        self.stem = _convolution(3, CHANNELS[0], norm, size=6, stride=2)
        self.down = nn.ModuleList(_convolution(a, b, norm, stride=2) for a, b in pairs)
        self.stages = nn.ModuleList(
            nn.Sequential(*(_Block(c, norm) for _ in range(n))) for c, n in zip(CHANNELS, BLOCKS, strict=True)
        )
        self.lateral = nn.ModuleList(_convolution(c, t, norm, size=1) for c, t in zip(CHANNELS, TOP_DOWN, strict=True))
        self.narrow = nn.ModuleList(_convolution(b, a, norm, size=1) for a, b in pairwise(TOP_DOWN))
        self.refine = nn.ModuleList(_Block(t, norm) for t in TOP_DOWN)
        self.side = nn.ModuleList(nn.Conv2d(t, 1, 1) for t in TOP_DOWN[: len(STRIDES)])
        self.head = nn.Conv2d(TOP_DOWN[0], 4, 3, padding=1)

    def forward(self, rgb: Tensor) -> Tensor:
        """Boundary logits [B, 1, h, w] of photos or drawings [B, 3, h, w] in 0..1. Differentiable."""
        return self._logits(rgb, self._levels(rgb))

    def with_sides(self, rgb: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Like `forward`, and the side logits: coarser views of the boundaries, for a loss that compares images.

        Returns:
            Logits [B, 1, h, w], and side logits [B, 1, ceil(h / s), ceil(w / s)] for each s of `STRIDES`.
        """
        height, width = rgb.shape[-2:]
        levels = self._levels(rgb)
        sides = [
            side(level)[..., : -(-height // stride), : -(-width // stride)]
            for side, level, stride in zip(self.side, levels, STRIDES, strict=True)
        ]
        return self._logits(rgb, levels), sides

    def _levels(self, rgb: Tensor) -> list[Tensor]:
        """The features of the way back up at `STRIDES`, finest first."""
        right, bottom = -rgb.shape[-1] % 32, -rgb.shape[-2] % 32
        if right or bottom:  # every stride must divide the size; what is added here, others cut off again
            rgb = functional.pad(rgb, (0, right, 0, bottom), mode="replicate")
        x = _relu(self.stem(rgb - 0.5))
        features = [self.stages[0](x)]
        for down, stage in zip(self.down, self.stages[1:], strict=True):
            features.append(stage(_relu(down(features[-1]))))
        levels: list[Tensor] = []
        y = self.refine[-1](_relu(self.lateral[-1](features[-1])))
        for level in reversed(range(len(STRIDES))):
            up = functional.interpolate(self.narrow[level](y), scale_factor=2, mode="bilinear", align_corners=False)
            y = self.refine[level](_relu(self.lateral[level](features[level]).add_(up)))
            levels.insert(0, y)
        return levels

    def _logits(self, rgb: Tensor, levels: list[Tensor]) -> Tensor:
        height, width = rgb.shape[-2:]
        logits = functional.pixel_shuffle(self.head(levels[0]), 2)
        return logits if logits.shape == rgb[:, :1].shape else logits[..., :height, :width]


def folded(network: BoundaryNetwork) -> BoundaryNetwork:
    """The same function without batch normalisation: each one becomes part of the convolution before it."""
    plain = BoundaryNetwork()
    for name, target in plain.named_modules():
        if isinstance(target, nn.Conv2d):
            source = network.get_submodule(name)
            if isinstance(source, nn.Sequential):
                convolution, normalisation = source
                assert isinstance(convolution, nn.Conv2d)
                assert isinstance(normalisation, nn.BatchNorm2d)
                source = nn.utils.fuse_conv_bn_eval(convolution.eval(), normalisation.eval())
            target.load_state_dict(source.state_dict())
    return plain.eval()


def _relu(x: Tensor) -> Tensor:
    # In place, since on small photos memory traffic costs as much as arithmetic; no convolution needs its own result.
    return functional.relu(x, inplace=True)


def _convolution(inputs: int, outputs: int, norm: bool, size: int = 3, stride: int = 1) -> nn.Module:
    convolution = nn.Conv2d(inputs, outputs, size, stride, padding=(size - 1) // 2, bias=not norm)
    if not norm:
        return convolution
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs))
