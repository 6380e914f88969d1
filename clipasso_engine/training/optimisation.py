"""The training run: the boundary network learns the teacher's answers."""

from __future__ import annotations

import copy
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel

from ..seeing.boundary_network import BoundaryNetwork, folded
from .dataset import Views, cores

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """A training run. The defaults are those of the network in the package."""

    steps: int = 9000  # at most
    minutes: float = math.inf  # at most; the learning rate follows whichever ends first
    batch: int = 16  # crops
    crop: int = 192  # pixels, a multiple of 32: room for the wide view that HED's last block has
    learning_rate: float = 3e-3  # the highest, after a warm-up of `warm_up`; a cosine down to 0 follows
    warm_up: float = 0.05  # of all steps
    weight_decay: float = 0.01
    averaging: float = 0.998  # per step, of the weights that are kept
    edge_weight: float = 1.0  # a sure boundary pixel counts 1 + this much as one that is none
    slope_weight: float = 1.0  # of the map's differences between neighbours: they decide where its crest is
    side_weight: float = 0.2  # of each side output
    seed: int = 0


def train(
    views: list[Path],
    plan: Plan,
    save: Callable[[BoundaryNetwork], None],
    every: int = 200,
    start: BoundaryNetwork | None = None,
) -> None:
    """Train on the folders that `dataset.build` wrote.

    Every core has a copy of the network and its share of each batch (as in data-parallel training on several GPUs).

    Args:
        save: called with the averaged network, batch normalisation folded in, every ``every`` steps and at the end.
        start: a network to go on from; its normalisation is folded in and stays so. None: start from random weights.
    """
    torch.manual_seed(plan.seed)
    data = Views(views, plan.crop)
    network = BoundaryNetwork(norm=True) if start is None else copy.deepcopy(start).requires_grad_(True)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, unused-ignore]
    average = AveragedModel(network, avg_fn=partial(_moved, decay=plan.averaging), use_buffers=True)
    assert isinstance(average.module, BoundaryNetwork)
    optimiser = torch.optim.AdamW(network.parameters(), plan.learning_rate, weight_decay=plan.weight_decay)
    begin = time.monotonic()
    running = 0.0
    with cores() as pool:
        copies = [network, *(copy.deepcopy(network) for _ in range(torch.get_num_threads() - 1))]
        for step in range(1, plan.steps + 1):
            progress = max(step / plan.steps, (time.monotonic() - begin) / (60 * plan.minutes))
            for group in optimiser.param_groups:
                group["lr"] = plan.learning_rate * _pace(progress, plan.warm_up)
            draws = [np.random.default_rng((plan.seed, step, k)) for k in range(plan.batch)]
            shares = [draws[k :: len(copies)] for k in range(len(copies))]
            losses = list(pool.map(partial(_gradient, data, plan), copies, shares))
            _add_gradients(copies)
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            for other in copies[1:]:
                other.load_state_dict(network.state_dict())
            average.update_parameters(network)
            running += (sum(losses) - running) / min(step, 100)
            if step % 50 == 0:
                _log.info("step %d, loss %.4f, %.0f s", step, running, time.monotonic() - begin)
            if step % every == 0 or step == plan.steps or progress >= 1:
                save(folded(average.module))
            if progress >= 1:
                break


def _pace(progress: float, warm_up: float) -> float:
    """The learning rate's share of its highest value: up in a line, then down along a cosine."""
    if progress < warm_up:
        return progress / warm_up
    return 0.5 + 0.5 * math.cos(math.pi * min(1.0, (progress - warm_up) / (1 - warm_up)))


def _gradient(data: Views, plan: Plan, network: BoundaryNetwork, draws: list[np.random.Generator]) -> float:
    """Put the gradient of one share of a batch into the network's parameters; the share's part of the loss."""
    network.train().zero_grad(set_to_none=True)
    if not draws:
        return 0.0
    rgb, target, *sides = (torch.stack(tensors) for tensors in zip(*map(data.draw, draws), strict=True))
    with torch.autocast("cpu", torch.bfloat16):
        fused, found = network.with_sides(rgb.contiguous(memory_format=torch.channels_last))
    loss = boundary_loss(fused.float(), target, plan)
    for logits, side in zip(found, sides, strict=True):
        loss = loss + plan.side_weight * _cross_entropy(logits.float(), side, plan.edge_weight)
    loss = loss * (len(rgb) / plan.batch)
    loss.backward()
    return loss.item()


def _add_gradients(copies: list[BoundaryNetwork]) -> None:
    """Give the first copy the sum of all copies' gradients."""
    for same in zip(*(network.parameters() for network in copies), strict=True):
        for other in same[1:]:
            if same[0].grad is not None and other.grad is not None:
                same[0].grad += other.grad


def _moved(average: Tensor, current: Tensor, count: Tensor | int, decay: float) -> Tensor:
    """The exponential moving average after one more value; at first it moves faster, to forget the random start."""
    if not average.is_floating_point():
        return current
    return average.lerp(current, 1 - min(decay, (1 + int(count)) / (10 + int(count))))


def boundary_loss(logits: Tensor, target: Tensor, plan: Plan) -> Tensor:
    """What the found logits [B, 1, h, w] miss of the teacher's: cross-entropy, difference, difference of the slopes."""
    found, expected = torch.sigmoid(logits), torch.sigmoid(target)
    error = (found - expected) * (1 + plan.edge_weight * expected)
    slopes = sum(_l1(found.diff(dim=d) - expected.diff(dim=d)) for d in (2, 3))
    return _cross_entropy(logits, target, plan.edge_weight) + _l1(error) + plan.slope_weight * slopes


def _cross_entropy(logits: Tensor, target: Tensor, edge_weight: float) -> Tensor:
    """Weighted cross-entropy less its lowest possible value, so that a perfect answer costs 0."""
    expected = torch.sigmoid(target)
    weight = 1 + edge_weight * expected
    least = functional.binary_cross_entropy_with_logits(target, expected, weight)
    return functional.binary_cross_entropy_with_logits(logits, expected, weight) - least


def _l1(error: Tensor) -> Tensor:
    return error.abs().mean()
