"""Our rasteriser in plain PyTorch operations, for every device and precision. `native` tells what it computes.

It follows the same steps as `kernels`, but leaves the gradient to autograd.
"""

from __future__ import annotations

import torch

from .geometry import COLLAPSED_EXTENT, FLATNESS, MAX_SEGMENTS, SEGMENT_LENGTH, collapsed_weights

# (segment, cell) pairs looked at in one go: about 100 MB of intermediate results.
_PAIRS_AT_ONCE = 1 << 20


def render(points: torch.Tensor, width: int, height: int, line_width: torch.Tensor) -> torch.Tensor:
    """Ink [B, height, width], in cells, of chains [B, S, P, 2] with their line widths [B, S]."""
    batch, strokes = points.shape[:2]
    # At a coordinate of 200 a float32 is known to 1e-5 only; just MPS has nothing finer.
    precise = torch.float32 if points.device.type == "mps" else torch.float64
    half = line_width.flatten().to(precise) / 2
    start, end, owner = _flatten(_gather_collapsed(points.flatten(0, 1).to(precise)))
    with torch.no_grad():
        key, segment = _nearest_segments(start, end, owner, half + 0.5**0.5, width, height)
    cell, stroke = key % (width * height), key // (width * height)

    centre = torch.stack((cell % width, cell // width), -1) + 0.5
    coverage = _coverage(centre, start[segment], (end - start)[segment], half[stroke])
    remaining = 1 - coverage
    paper = remaining.new_ones(batch * height * width)
    paper = paper.scatter_reduce(0, stroke // max(strokes, 1) * (height * width) + cell, remaining, "prod")
    return (1 - paper).to(points.dtype).reshape(batch, height, width)


def _coverage(centre: torch.Tensor, begin: torch.Tensor, along: torch.Tensor, half: torch.Tensor) -> torch.Tensor:
    """How much of the cells at ``centre`` [K, 2] lies within ``half`` [K] of ``begin + [0, 1] * along`` [K, 2]: [K]."""
    # The distance is a minimum over this fraction, so the fraction's own derivative adds nothing (envelope theorem).
    fraction = _fraction(centre, begin.detach(), along.detach())
    offset = centre - begin - fraction[:, None] * along
    distance = torch.linalg.vector_norm(offset, dim=-1)
    beside = (fraction > 0) & (fraction < 1)
    # The direction across the line, whichever way: beside a segment it is known even at distance 0.
    across = torch.where(beside[:, None], along.flip(-1), offset).abs()
    length = torch.linalg.vector_norm(across, dim=-1, keepdim=True)
    across = torch.where(length > 0, across / length.clamp(min=1e-30), across.new_tensor((1.0, 0.0)))
    longer, shorter = across.amax(-1), across.amin(-1).clamp(min=1e-12)
    return _area(half - distance, longer, shorter) - _area(-half - distance, longer, shorter)


def _area(edge: torch.Tensor, longer: torch.Tensor, shorter: torch.Tensor) -> torch.Tensor:
    """The part of a cell on one side of a straight line.

    ``edge`` is the distance of the line from the centre, positive if the centre is on that side; ``longer`` and
    ``shorter`` are the sizes of the two components of the line's unit normal.
    """
    beyond, inner = (longer + shorter) / 2, (longer - shorter) / 2
    edge = torch.maximum(torch.minimum(edge, beyond), -beyond)
    corners = (edge - inner).clamp(min=0).square() - (-edge - inner).clamp(min=0).square()
    return 0.5 + edge / longer - corners / (2 * longer * shorter)


def _gather_collapsed(chains: torch.Tensor) -> torch.Tensor:
    """Chains [N, P, 2] whose collapsed members have all points at one weighted mean of theirs."""
    extent = (chains.detach().amax(1) - chains.detach().amin(1)).amax(-1)
    weights = torch.tensor(collapsed_weights(chains.shape[1]), dtype=chains.dtype, device=chains.device)
    gathered = (weights[:, None] * chains).sum(1, keepdim=True).expand_as(chains)
    return torch.where((extent < COLLAPSED_EXTENT)[:, None, None], gathered, chains)


def _flatten(chains: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Straight segments of chains [N, P, 2]: starts [M, 2], ends [M, 2] and the chain of each [M]."""
    size = chains.shape[1]
    curves_each = (size - 1) // 3
    curves = torch.cat((chains[:, :-1].unflatten(1, (curves_each, 3)), chains[:, 3::3, None]), 2).flatten(0, 1)
    counts = _segment_counts(curves.detach())
    curve = torch.repeat_interleave(counts)
    index = torch.arange(len(curve), device=curve.device) - (counts.cumsum(0) - counts)[curve]
    own_count = counts[curve].to(chains.dtype)

    def on_curve(t: torch.Tensor) -> torch.Tensor:
        u = 1 - t
        bernstein = torch.stack((u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t), -1)
        return (bernstein[:, :, None] * curves[curve]).sum(1)

    return on_curve(index / own_count), on_curve((index + 1) / own_count), curve // curves_each


def _segment_counts(curves: torch.Tensor) -> torch.Tensor:
    """In how many segments each of the curves [C, 4, 2] is cut: [C]."""
    legs = curves.diff(dim=1)
    bend = torch.sqrt(legs.diff(dim=1).square().sum(-1)).amax(1)
    length = torch.sqrt(legs.square().sum(-1)).sum(1)
    flat = torch.ceil(torch.sqrt(0.75 * bend / FLATNESS))
    return torch.maximum(flat, torch.ceil(length / SEGMENT_LENGTH)).clamp(1, MAX_SEGMENTS).long()


def _nearest_segments(
    start: torch.Tensor, end: torch.Tensor, owner: torch.Tensor, reach: torch.Tensor, width: int, height: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """For every cell that a stroke reaches: key [K] = stroke * width * height + pixel, and nearest segment [K]."""
    margin = reach[owner, None] - 0.5
    canvas = torch.tensor((width, height), device=start.device)
    first = torch.ceil(torch.minimum(start, end) - margin - 1).clamp(min=0).minimum(canvas).long()
    last = torch.floor(torch.maximum(start, end) + margin).clamp(min=-1).minimum(canvas - 1).long()
    size = (last - first + 1).clamp(min=0)
    pairs = size.prod(-1).cumsum(0)

    found = []
    done, total = 0, len(start)
    while done < total:
        before = int(pairs[done - 1]) if done else 0
        upto = int(torch.searchsorted(pairs, before + _PAIRS_AT_ONCE, right=True))
        upto = min(max(upto, done + 1), total)
        segment = torch.arange(done, upto, device=start.device)
        segment = segment.repeat_interleave(size[segment].prod(-1))
        within = torch.arange(len(segment), device=start.device) - (pairs - size.prod(-1))[segment] + before
        row, column = within // size[segment, 0], within % size[segment, 0]
        place = first[segment] + torch.stack((column, row), -1)
        centre, begin, along = place + 0.5, start[segment], (end - start)[segment]
        offset = centre - begin - _fraction(centre, begin, along)[:, None] * along
        squared = offset.square().sum(-1)
        near = squared < reach[owner[segment]].square()
        key = owner[segment] * (width * height) + place[:, 1] * width + place[:, 0]
        found.append(_least(key[near], squared[near], segment[near]))
        done = upto
    if not found:
        return owner, owner
    key, _, segment = _least(*(torch.cat(column) for column in zip(*found, strict=True)))
    return key, segment


def _least(
    key: torch.Tensor, value: torch.Tensor, segment: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Per distinct key its least value and that value's segment, the first one in a tie."""
    distinct, group = torch.unique(key, return_inverse=True)
    least = value.new_full(distinct.shape, torch.inf).scatter_reduce(0, group, value, "amin")
    contenders = torch.where(value == least[group], segment, torch.iinfo(segment.dtype).max)
    winner = torch.full_like(distinct, torch.iinfo(segment.dtype).max).scatter_reduce(0, group, contenders, "amin")
    return distinct, least, winner


def _fraction(centre: torch.Tensor, begin: torch.Tensor, along: torch.Tensor) -> torch.Tensor:
    """Where on the segments ``begin + [0, 1] * along`` the point nearest to ``centre`` lies: [K], 0 to 1."""
    squared_length = along.square().sum(-1).clamp(min=1e-30)
    return (((centre - begin) * along).sum(-1) / squared_length).clamp(0, 1)
