"""The rasteriser the paper used, diffvg, for those who have it: `import pydiffvg` (Li et al., SIGGRAPH Asia 2020).

It crashes the process on an empty scene and on more than 256 strokes over one pixel, and draws only the caps of a
straight cubic with evenly spaced control points; such scenes are kept from it.
"""

from __future__ import annotations

import math
from typing import Any

import torch

from ...contract.codes import ErrorCode
from ...contract.errors import CodedError

_SAMPLES = 2  # per pixel in x and in y, as diffvg's own examples have it
_MOST_STROKES = 256
_BEND = 0.01  # px: how far the inner control points of a straight, evenly spaced cubic are moved sideways


def render(
    points: torch.Tensor,
    width: int,
    height: int,
    width_px: float | torch.Tensor,
) -> torch.Tensor:
    """`optimising.rasterizer.render` by diffvg. Raises `UserError` where pydiffvg is missing or would crash."""
    pydiffvg = _library()
    strokes = points.shape[-3]
    if strokes > _MOST_STROKES:
        raise CodedError(ErrorCode.DIFFVG_TOO_MANY_STROKES, most=_MOST_STROKES, strokes=strokes)
    count = math.prod(points.shape[:-3])
    scenes = points.reshape(count, *points.shape[-3:])
    widths = torch.as_tensor(width_px, dtype=points.dtype, device=points.device).expand(points.shape[:-2])
    drawn = [
        _render_one(pydiffvg, scene, width, height, scene_widths)
        for scene, scene_widths in zip(scenes, widths.reshape(count, strokes), strict=True)
    ]
    return torch.stack(drawn).reshape(*points.shape[:-3], height, width)


def _render_one(pydiffvg: Any, points: torch.Tensor, width: int, height: int, widths: torch.Tensor) -> torch.Tensor:
    if len(points) == 0:
        return points.new_zeros(height, width) + points.sum()
    inner = torch.full(((points.shape[1] - 1) // 3,), 2, dtype=torch.int32)
    shapes = [
        # diffvg's stroke width is a radius.
        pydiffvg.Path(num_control_points=inner, points=_bent(stroke), stroke_width=painted / 2, is_closed=False)
        for stroke, painted in zip(points, widths, strict=True)
    ]
    black = points.new_tensor([0.0, 0.0, 0.0, 1.0])  # red, green, blue, alpha
    groups = [
        pydiffvg.ShapeGroup(shape_ids=torch.tensor([index]), fill_color=None, stroke_color=black)
        for index in range(len(shapes))
    ]
    scene = pydiffvg.RenderFunction.serialize_scene(width, height, shapes, groups)
    seed = 0  # of its sample positions: the same scene shall give the same picture
    image: torch.Tensor = pydiffvg.RenderFunction.apply(width, height, _SAMPLES, _SAMPLES, seed, None, *scene)
    return image[..., 3]


def _bent(stroke: torch.Tensor) -> torch.Tensor:
    """A stroke [P, 2] whose straight, evenly spaced cubics are bent a little, invisibly, into an S."""
    pieces = stroke.detach().unfold(0, 4, 3).transpose(1, 2)  # [k, 4, 2]
    steps = pieces[:, 1:] - pieces[:, :-1]
    even = (steps - steps.mean(dim=1, keepdim=True)).abs().amax(dim=(1, 2)) < _BEND
    chord = pieces[:, 3] - pieces[:, 0]
    length = chord.norm(dim=1, keepdim=True)
    # A cubic of four equal points has no direction; any will do.
    across = torch.where(length > 0, chord.flip(1) / length.clamp_min(1e-12), torch.ones_like(chord))
    across = across * torch.tensor([1.0, -1.0], device=stroke.device, dtype=stroke.dtype) * _BEND * 2 * even[:, None]
    shift = torch.zeros_like(stroke)
    shift[1::3] = across
    shift[2::3] = -across
    return stroke + shift


def _library() -> Any:
    try:
        import pydiffvg
    except ImportError as problem:
        raise CodedError(ErrorCode.DIFFVG_MISSING) from problem
    return pydiffvg
