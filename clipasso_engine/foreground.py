"""What to draw and what to leave out: the object's mask, offline, from colours, boundaries and the photo's frame.

Superpixels that reach the frame of the photo without crossing a boundary are background; those that differ from the
background around them are the object. The measure is boundary connectivity (Zhu et al., "Saliency Optimization from
Robust Background Detection", CVPR 2014), with the learned boundary map beside colour in the geodesic distance, so that
an object cut by the frame is not lost at once. A GrabCut sharpens the result to pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse.csgraph import dijkstra
from scipy.sparse.linalg import spsolve
from skimage.color import rgb2lab
from skimage.filters import threshold_otsu
from skimage.measure import regionprops
from skimage.segmentation import slic

from .strokes import Array

_SUPERPIXELS = 250
_LIKELY = 0.6  # score from which on a region may be part of the object though the cut left it out
_BESIDE = 12  # px
_CLEAR_BOUNDARY = 0.3
_FRAME = 4  # px
_CUT_SIDE = 160  # px: long side at which GrabCut runs

# Of the geodesic distance between neighbouring superpixels, in units in which colour (CIE Lab) counts half.
_COLOUR_NOISE = 3.0  # Lab distance that is no difference
_BOUNDARY_NOISE = 0.2
_BOUNDARY_COST = 30.0
_REACH = 10.0  # geodesic distance within which superpixels belong together
_SMOOTH = 7.0


@dataclass(frozen=True)
class Foreground:
    """The object found in a photo."""

    mask: NDArray[np.bool_]  # [h, w] the object, sharp
    score: NDArray[np.float32]  # [h, w] in 0..1, how much each region belongs to it; where it is high, the mask may err

    @property
    def region(self) -> NDArray[np.bool_]:
        """[h, w]: the object and what may well be part of it."""
        return self.mask | (self.score > _LIKELY)

    def solidity(self) -> float:
        """The object's area over that of the convex hulls of its pieces, 0..1: what is left over around an object that
        was taken for background is far from convex."""
        pieces = regionprops(ndimage.label(self.mask)[0])
        return sum(p.area for p in pieces) / max(1.0, sum(p.area_convex for p in pieces))

    def clearness(self, boundary: NDArray[np.float32]) -> float:
        """How clearly the object stands out, -1..1: how much stronger boundaries [h, w] are along its outline than
        `_BESIDE` px inside and outside, since among many lines any outline finds some; 0 without an outline."""
        inside = ndimage.distance_transform_edt(np.pad(self.mask, 1, mode="edge"))[1:-1, 1:-1]
        outside = ndimage.distance_transform_edt(~self.mask)
        depth = inside - outside
        in_photo = np.zeros_like(self.mask)
        in_photo[_FRAME:-_FRAME, _FRAME:-_FRAME] = True
        strength = ndimage.maximum_filter(boundary, 5)
        along = strength[(np.abs(depth) <= 1) & in_photo]
        beside = strength[(np.abs(np.abs(depth) - _BESIDE) <= 1) & in_photo]
        return float(along.mean() - beside.mean()) if len(along) and len(beside) else 0.0

    def share(self, boundary: NDArray[np.float32]) -> float:
        """How much of the photo's clear boundaries [h, w] lies on the object, 0..1."""
        clear = np.where(boundary > _CLEAR_BOUNDARY, boundary, 0.0)
        near = ndimage.binary_dilation(self.mask, iterations=4)
        return float(clear[near].sum() / max(clear.sum(), 1e-9))


def find(rgb: NDArray[np.uint8], boundary: NDArray[np.float32]) -> Foreground:
    """The object that stands in front of its surroundings in a photo [h, w, 3] with boundary map [h, w]."""
    return sharpened(rgb, objectness(rgb, boundary).astype(np.float32))


def sharpened(rgb: NDArray[np.uint8], score: NDArray[np.float32]) -> Foreground:
    """The object whose regions score [h, w], cut out along the photo's colours."""
    return Foreground(_cut(rgb, score), score)


def from_alpha(alpha: NDArray[np.float32]) -> Foreground:
    """The object of a cut-out photo: its alpha channel [h, w] in 0..1 is the mask."""
    return Foreground(alpha > 0.5, alpha)


def objectness(rgb: NDArray[np.uint8], boundary: NDArray[np.float32]) -> Array:
    """How much each pixel [h, w] looks like part of the object, 0..1."""
    regions = _Regions.of(rgb, boundary)
    background = regions.background()
    foreground = regions.contrast(background) * (1.0 - background) * regions.centrality()
    if foreground.max() <= 0:
        return np.zeros(boundary.shape)
    score = regions.smoothed(foreground / foreground.max(), background)
    spread = score.max() - score.min()
    return ((score - score.min()) / spread if spread > 0 else score * 0.0)[regions.label]


@dataclass(frozen=True)
class _Regions:
    """The photo as K superpixels and the E borders between them."""

    label: NDArray[np.int_]  # [h, w]
    area: Array  # [K] px
    colour: Array  # [K, 3] mean CIE Lab
    position: Array  # [K, 2] mean (x, y), long side = 1
    frame: Array  # [K] px of the photo's frame it touches
    border: tuple[NDArray[np.int_], NDArray[np.int_]]  # [E], [E]
    cost: Array  # [E] geodesic distance across each border

    @classmethod
    def of(cls, rgb: NDArray[np.uint8], boundary: NDArray[np.float32]) -> _Regions:
        label = slic(rgb, n_segments=_SUPERPIXELS, compactness=12, start_label=0, sigma=1)
        count = int(label.max()) + 1
        area = np.bincount(label.ravel(), minlength=count).astype(np.float64)
        lab = rgb2lab(rgb)
        rows, columns = np.indices(label.shape)

        def mean(values: Array) -> Array:
            return np.bincount(label.ravel(), values.ravel(), count) / area

        colour = np.stack([mean(lab[..., channel]) for channel in range(3)], axis=1)
        position = np.stack([mean(columns), mean(rows)], axis=1) / max(label.shape)
        ring = np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]])
        frame = np.bincount(ring, minlength=count).astype(np.float64)
        a, b, strength = _borders(label, ndimage.maximum_filter(boundary, 3))
        difference = np.linalg.norm(colour[a] - colour[b], axis=1)
        cost = 0.5 * np.maximum(difference - _COLOUR_NOISE, 0) + _BOUNDARY_COST * np.maximum(
            strength - _BOUNDARY_NOISE, 0
        )
        return cls(label, area, colour, position, frame, (a, b), cost)

    def background(self) -> Array:
        """[K] 0..1: how much of each superpixel's neighbourhood lies on the frame (boundary connectivity)."""
        count = len(self.area)
        graph = sparse.coo_matrix((self.cost + 1e-3, self.border), (count, count)).tocsr()
        belongs = np.exp(-(dijkstra(graph, directed=False) ** 2) / (2 * _REACH**2))
        connectivity = (belongs @ self.frame) / np.sqrt(belongs @ self.area)
        result: Array = 1.0 - np.exp(-(connectivity**2) / 2)
        return result

    def contrast(self, background: Array) -> Array:
        """[K] colour difference to the background nearby, area-weighted."""
        apart = ((self.position[:, None] - self.position[None]) ** 2).sum(-1)
        near = np.exp(-apart / (2 * 0.25**2)) * self.area
        difference = np.linalg.norm(self.colour[:, None] - self.colour[None], axis=-1)
        result: Array = (near * difference * background).sum(1) / near.sum(1)
        return result

    def centrality(self) -> Array:
        """[K] a broad prior: 1 in the middle of the photo, 0.3 far from it."""
        apart = ((self.position - self.position.mean(0)) ** 2).sum(1)
        result: Array = 0.3 + 0.7 * np.exp(-apart / (2 * 0.35**2))
        return result

    def smoothed(self, foreground: Array, background: Array) -> Array:
        """[K] the least-squares score: 1 where foreground, 0 where background, alike across cheap borders (eq. 9)."""
        count = len(self.area)
        alike = np.exp(-(self.cost**2) / (2 * _SMOOTH**2)) + 0.1
        weights = sparse.coo_matrix((alike, self.border), (count, count))
        weights = weights + weights.T
        laplacian = sparse.diags(np.asarray(weights.sum(1)).ravel()) - weights
        system = laplacian + sparse.diags(5.0 * background + foreground)
        score: Array = spsolve(sparse.csc_matrix(system), foreground)
        return score


def _borders(
    label: NDArray[np.int_], strength: NDArray[np.float32]
) -> tuple[NDArray[np.int_], NDArray[np.int_], Array]:
    """Pairs of touching superpixels [E], [E] and the mean of ``strength`` where they touch [E]."""
    pairs, values = [], []
    for one, other in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        differ = label[one] != label[other]
        pairs.append(np.sort(np.stack([label[one][differ], label[other][differ]], axis=1), axis=1))
        values.append(np.maximum(strength[one], strength[other])[differ])
    unique, index = np.unique(np.concatenate(pairs), axis=0, return_inverse=True)
    index = index.ravel()
    mean = np.bincount(index, np.concatenate(values)) / np.bincount(index)
    return unique[:, 0], unique[:, 1], mean


def _cut(rgb: NDArray[np.uint8], score: NDArray[np.float32]) -> NDArray[np.bool_]:
    """The score [h, w] sharpened along the photo's colours by GrabCut; small pieces go, holes close."""
    height, width = score.shape
    if float(np.ptp(score)) < 1e-6:
        return np.ones((height, width), dtype=np.bool_)
    scale = min(1.0, _CUT_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    likely = cv2.resize(score, size, interpolation=cv2.INTER_AREA)
    threshold = float(threshold_otsu(likely))
    seeds = np.where(likely > threshold, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    seeds[likely > threshold + 0.6 * (1 - threshold)] = cv2.GC_FGD
    seeds[likely < 0.3 * threshold] = cv2.GC_BGD
    cv2.setRNGSeed(0)  # GrabCut's k-means is random
    whole = (0, 0, *size)  # not looked at, since the seeds say more
    cv2.grabCut(small, seeds, whole, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    inside = (seeds == cv2.GC_FGD) | (seeds == cv2.GC_PR_FGD)
    inside = ndimage.binary_fill_holes(_large_pieces(inside))
    return cv2.resize(inside.astype(np.uint8), (width, height), interpolation=cv2.INTER_LINEAR) > 0


def _large_pieces(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The connected pieces of at least a tenth of the largest one's area."""
    label, _ = ndimage.label(mask)
    area = np.bincount(label.ravel())
    area[0] = 0
    result: NDArray[np.bool_] = (area >= max(1.0, 0.1 * area.max()))[label] & mask
    return result
