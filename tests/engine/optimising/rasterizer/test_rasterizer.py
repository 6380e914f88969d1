"""The rasteriser against an independent one (`reference_renderer`), against itself, and at the edges of its domain."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from clipasso_engine.optimising import rasterizer
from clipasso_engine.optimising.rasterizer import native, render
from tests.support.reference_renderer import HEIGHT, WIDTH, reference, reference_gradient

# Scenes --------------------------------------------------------------------------------------------------------------


def random_scene(seed: int, strokes: int = 3, size: int = 4) -> np.ndarray:
    random = np.random.default_rng(seed)
    centres = random.uniform((8, 8), (WIDTH - 8, HEIGHT - 8), (strokes, 1, 2))
    return centres + random.normal(0, 9, (strokes, size, 2))


def arcs() -> np.ndarray:
    handle = 0.5523
    quarter = np.array([[1, 0], [1, handle], [handle, 1], [0, 1]])
    return np.stack([quarter * 20 + (5.3, 6.1), quarter * 9 + (20.7, 15.2), quarter * 27 + (9.3, 3.8)])


def straight_lines() -> np.ndarray:
    """Evenly spaced control points: at 0, 45 and 90 degrees and two angles between."""
    ends = [
        ((8, 6.3), (38, 6.3)),
        ((6, 30), (28, 8)),
        ((39.4, 9), (39.4, 33)),
        ((5, 12), (33, 33)),
        ((20, 4), (30, 35)),
    ]
    return np.stack([np.linspace(start, end, 4) for start, end in ends])


def dots() -> np.ndarray:
    return np.repeat([[[10.3, 12.7]], [[30.1, 20.2]], [[22.6, 29.5]]], 4, axis=1)


def partly_outside() -> np.ndarray:
    return np.array(
        [
            [[-9, 5], [8, -12], [20, 30], [60, 12]],
            [[30, 50], [35, 20], [39, 10], [70, -20]],
            [[-20, -20], [-12, -9], [-14, 8], [-30, 9]],
        ],
        dtype=float,
    )


def overlapping() -> np.ndarray:
    """Strokes that cross, and one that covers half of another all along it."""
    wave = np.array([[6, 8], [18, 30], [26, 2], [38, 26]])
    return np.stack(
        [wave, wave + np.array([0.4, 2.1]), wave[::-1] * [1, -1] + [0, 36], [[22, 2], [25, 9], [19, 24], [23, 34]]]
    )


def waves(cubics: int) -> np.ndarray:
    """Chains with smooth joints, as long lines are drawn."""
    x = np.linspace(4, WIDTH - 4, 3 * cubics + 1)
    upper = 10 + 5 * np.sin(np.arange(3 * cubics + 1) * 1.3)
    upper[3:-1:3] = (upper[2:-2:3] + upper[4::3]) / 2
    return np.stack([np.stack([x, upper], -1), np.stack([x[::-1], 28 - 0.6 * (upper - 10) + x / 20], -1)])


SCENES: dict[str, Callable[[], np.ndarray]] = {
    "random 0": lambda: random_scene(0),
    "random 1": lambda: random_scene(1),
    "random 2": lambda: random_scene(2),
    "arcs": arcs,
    "straight": straight_lines,
    "dots": dots,
    "partly outside": partly_outside,
    "overlapping": overlapping,
    "two cubics": lambda: waves(2),
    "four cubics": lambda: waves(4),
}


def as_tensor(array: np.ndarray, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.tensor(array, dtype=dtype, requires_grad=True)


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum()))


@pytest.fixture(params=["compiled", "pytorch"])
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both forms of the rasteriser in turn."""
    if request.param == "pytorch":
        monkeypatch.setattr(native, "kernels", lambda: None)
    else:
        assert native.kernels() is not None
    name: str = request.param
    return name


# Against the reference -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scene", SCENES)
def test_gradient_is_that_of_the_reference(scene: str) -> None:
    chains = SCENES[scene]()
    # Weights that are independent in each pixel are the hardest; a blurred or learnt loss has smooth ones.
    weights = np.random.default_rng(9).normal(size=(8, HEIGHT, WIDTH))
    weights[4:] = gaussian_filter(weights[4:], (0, 1.5, 1.5))
    points = as_tensor(np.broadcast_to(chains, (8, *chains.shape)))
    (render(points, WIDTH, HEIGHT, 3.0) * torch.tensor(weights)).sum().backward()
    gradient, expected = points.grad.double().numpy(), reference_gradient(chains, 3.0, weights)
    assert cosine(gradient[:4], expected[:4]) >= 0.995
    assert cosine(gradient[4:], expected[4:]) >= 0.995


@pytest.mark.parametrize("line_width", [1.0, 2.0, 3.0, 6.0])
@pytest.mark.parametrize("scene", SCENES)
def test_image_is_that_of_the_reference(scene: str, line_width: float) -> None:
    chains = SCENES[scene]()
    ink = render(torch.tensor(chains, dtype=torch.float32), WIDTH, HEIGHT, line_width).numpy()
    error = ink - reference(chains, np.full(len(chains), line_width))
    assert np.sqrt((error**2).mean()) <= 0.02


def test_gradients_by_width_are_those_of_the_reference() -> None:
    chains = overlapping()
    widths = np.array([3.0, 2.2, 4.1, 1.6])
    weight = gaussian_filter(np.random.default_rng(5).normal(size=(HEIGHT, WIDTH)), 1.5)
    line_widths = as_tensor(widths)
    (render(as_tensor(chains), WIDTH, HEIGHT, line_widths) * torch.tensor(weight)).sum().backward()

    def difference(stroke: int) -> float:
        step = 0.2 * np.eye(len(chains))[stroke]  # an edge passes many samples
        wider, thinner = ((weight * reference(chains, some)).sum() for some in (widths + step, widths - step))
        return (wider - thinner) / 0.4

    expected = np.array([difference(stroke) for stroke in range(len(chains))])
    assert cosine(line_widths.grad.double().numpy(), expected) >= 0.995


def test_moving_a_dot_has_its_exact_derivative(form: str) -> None:
    points = as_tensor(np.full((1, 4, 2), (20.3, 15.1)))
    row, column = torch.meshgrid(torch.arange(HEIGHT) + 0.5, torch.arange(WIDTH) + 0.5, indexing="ij")
    (render(points, WIDTH, HEIGHT, 3.0) * (3 * column - 2 * row)).sum().backward()
    # The weight is linear, so the loss moves with the dot's centre: 3 and -2 times its area.
    area = np.pi * 1.5**2
    assert points.grad.sum((0, 1)).numpy() == pytest.approx([3 * area, -2 * area], rel=0.02)
    assert (points.grad[0] * torch.tensor([1, -1]) > 0).all()


# Exactness and agreement ---------------------------------------------------------------------------------------------


def test_float64_gradient_is_exact() -> None:
    points = as_tensor(random_scene(6, strokes=2, size=7) / 3, torch.float64)
    widths = as_tensor(np.array([2.3, 1.1]), torch.float64)
    assert torch.autograd.gradcheck(lambda chains, some: render(chains, 15, 12, some), (points, widths))


@pytest.mark.parametrize("size", [4, 7, 10, 13])
@pytest.mark.parametrize("line_width", [0.4, 1.0, 3.0, 9.0])
def test_both_forms_agree(size: int, line_width: float, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(size)
    chains = random_scene(size, strokes=9, size=size)
    chains[0] = chains[0, 0]  # a dot
    chains[1] = np.linspace((5, 12.5), (35, 12.5), size)  # level, on pixel centres
    chains[2] = chains[3]
    weight = torch.tensor(random.normal(size=(HEIGHT, WIDTH)), dtype=torch.float32)
    results = []
    for kernels in (native.kernels, lambda: None):
        monkeypatch.setattr(native, "kernels", kernels)
        inputs = as_tensor(chains), as_tensor(np.full(9, line_width))
        ink = render(inputs[0], WIDTH, HEIGHT, inputs[1])
        (ink * weight).sum().backward()
        results.append((ink.detach(), *(tensor.grad for tensor in inputs)))
    for compiled, plain in zip(*results, strict=True):
        torch.testing.assert_close(compiled, plain, rtol=1e-5, atol=1e-5)
    assert results[0][1].abs().max() > 1


def test_same_input_gives_the_same_bytes(form: str) -> None:
    chains = random_scene(7, strokes=20)
    weight = torch.tensor(np.random.default_rng(7).normal(size=(HEIGHT, WIDTH)), dtype=torch.float32)

    def draw() -> bytes:
        points = as_tensor(chains)
        ink = render(points, WIDTH, HEIGHT, 3.0)
        (ink * weight).sum().backward()
        return ink.detach().numpy().tobytes() + points.grad.numpy().tobytes()

    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        first = draw()
        torch.set_num_threads(2)
        assert all(draw() == first for _ in range(5))
    finally:
        torch.set_num_threads(threads)


def test_batch_is_the_loop_over_it(form: str) -> None:
    chains = np.stack([random_scene(seed, strokes=5, size=7) for seed in range(6)]).reshape(2, 3, 5, 7, 2)
    random = np.random.default_rng(0)
    widths = random.uniform(1, 4, (2, 3, 5))
    together = as_tensor(chains), as_tensor(widths)
    ink = render(together[0], WIDTH, HEIGHT, together[1])
    assert ink.shape == (2, 3, HEIGHT, WIDTH)
    (ink**2).sum().backward()
    for index in np.ndindex(2, 3):
        alone = as_tensor(chains[index]), as_tensor(widths[index])
        own_ink = render(alone[0], WIDTH, HEIGHT, alone[1])
        (own_ink**2).sum().backward()
        assert torch.equal(own_ink, ink[index])
        for one, many in zip(alone, together, strict=True):
            torch.testing.assert_close(one.grad, many.grad[index], rtol=1e-6, atol=1e-6)


def test_chain_of_split_cubics_is_the_whole_cubic(form: str) -> None:
    p0, p1, p2, p3 = np.array([[5, 6], [14, 33], [30, 0], [39, 28]], dtype=float)
    q0, q1, q2 = (p0 + p1) / 2, (p1 + p2) / 2, (p2 + p3) / 2
    r0, r1 = (q0 + q1) / 2, (q1 + q2) / 2
    halves = np.stack([p0, q0, r0, (r0 + r1) / 2, r1, q2, p3])[None]
    whole = render(as_tensor(np.stack([p0, p1, p2, p3])[None]), WIDTH, HEIGHT, 3.0)
    torch.testing.assert_close(render(as_tensor(halves), WIDTH, HEIGHT, 3.0), whole, rtol=0, atol=0.02)


# Edges of the domain -------------------------------------------------------------------------------------------------


def test_no_strokes_leave_paper(form: str) -> None:
    points = as_tensor(np.zeros((2, 0, 4, 2)))
    ink = render(points, WIDTH, HEIGHT, 3.0)
    assert ink.shape == (2, HEIGHT, WIDTH)
    assert not ink.any()
    ink.sum().backward()
    assert points.grad.shape == points.shape


def test_strokes_far_outside_leave_paper_and_have_no_gradient(form: str) -> None:
    points = as_tensor(
        np.array([[[-1e6, 5], [-1e5, 9], [-900, 7], [-60, 8]], [[80, 1e9], [1e9, 90], [99, 99], [90, 90]]])
    )
    ink = render(points, WIDTH, HEIGHT, 3.0)
    ink.sum().backward()
    assert not ink.any()
    assert not points.grad.any()


def test_a_line_from_far_left_to_far_right_crosses_the_canvas(form: str) -> None:
    points = as_tensor(np.linspace((-1e6, 18), (1e6, 18), 4)[None])
    ink = render(points, WIDTH, HEIGHT, 4.0)
    ink.sum().backward()
    assert (ink[16:20] == 1).all()
    assert ink[:16].max() < 1e-6
    assert ink[20:].max() < 1e-6
    assert points.grad.isfinite().all()


@pytest.mark.parametrize(
    "chain",
    [[[20.5, 15.5]] * 4, [[20, 15]] * 7, [[20, 15]] * 2 + [[31, 15]] * 2, [[4, 5], [30, 30], [4, 5], [30, 30]]],
    ids=["dot on a pixel centre", "dot of two cubics", "ends doubled", "folded back"],
)
def test_degenerate_curves_have_finite_gradients(chain: list[list[float]], form: str) -> None:
    points = as_tensor(np.array([chain]))
    weight = torch.tensor(np.random.default_rng(3).normal(size=(HEIGHT, WIDTH)), dtype=torch.float32)
    ink = render(points, WIDTH, HEIGHT, 3.0)
    (ink * weight).sum().backward()
    assert 6 < float(ink.detach().sum()) < 200
    assert points.grad.isfinite().all()
    assert points.grad.abs().sum() > 0.1


def test_many_opaque_strokes_on_one_another_stay_within_range(form: str) -> None:
    points = as_tensor(np.repeat(overlapping()[:1], 100, axis=0))
    ink = render(points, WIDTH, HEIGHT, 3.0)
    ink.sum().backward()
    assert float(ink.detach().max()) == 1
    assert float(ink.detach().min()) == 0
    assert points.grad.isfinite().all()


def test_a_change_between_forward_and_backward_does_no_harm() -> None:
    def gradient(factor: float) -> torch.Tensor:
        points, widths = as_tensor(arcs()), torch.full((3,), 3.0)
        ink = render(points, WIDTH, HEIGHT, widths)
        widths *= factor
        ink.sum().backward()
        return points.grad

    assert torch.equal(gradient(0.5), gradient(1.0))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"points": torch.zeros(3, 5, 2)}, r"shape \(3, 5, 2\)"),
        ({"points": torch.zeros(4, 2)}, "shape"),
        ({"points": torch.zeros(3, 4, 2, dtype=torch.int32)}, "floating point"),
        ({"points": torch.full((3, 4, 2), torch.nan)}, "not numbers"),
        ({"points": torch.full((3, 4, 2), torch.inf)}, "not numbers"),
        ({"width": 0}, "0 x 36"),
        ({"width_px": 0.0}, "above 0"),
        ({"width_px": torch.tensor([1.0, -1.0, 1.0])}, "above 0"),
        ({"backend": "crayon"}, "crayon.*known: native"),
    ],
)
def test_wrong_input_is_named(change: dict, message: str) -> None:
    asked = {"points": torch.ones(3, 4, 2), "width": WIDTH, "height": HEIGHT, "width_px": 3.0, **change}
    with pytest.raises(ValueError, match=message):
        render(**asked)


CHAINS: dict[str, Callable[[int], np.ndarray]] = {
    "dot": lambda size: np.full((size, 2), 0.5),
    "dot on a corner": lambda size: np.zeros((size, 2)),
    "across": lambda size: np.linspace((-3, 0.4), (4, 0.7), size),
    "far across": lambda size: np.linspace((-1e6, -1e6), (1e6, 1e6), size),
    "a million px away": lambda size: np.full((size, 2), 1e6) + np.arange(size)[:, None],
    "back and forth": lambda size: np.where(np.arange(size)[:, None] % 2, (0.2, 0.9), (0.8, 0.1)),
    "as far as may be": lambda size: np.linspace((-1e9, 0.5), (1e9, 0.5), size),
}


@pytest.mark.parametrize("canvas", [(1, 1), (1, 7), (7, 1), (2, 2)], ids=str)
@pytest.mark.parametrize("size", [4, 7, 10, 13])
def test_the_smallest_canvases_are_drawn_on(canvas: tuple[int, int], size: int, form: str) -> None:
    """Whatever lies on or off them, alone, together, and several times; the ink is what a share of a pixel can be."""
    width, height = canvas
    for count, line_width in ((1, 3.0), (3, 0.3), (64, 100.0)):
        chains = np.concatenate([np.stack([make(size) for make in CHAINS.values()])] * count)
        points = as_tensor(np.stack([chains, chains[::-1]]))
        ink = render(points, width, height, line_width)
        ink.sum().backward()
        assert ink.shape == (2, height, width)
        assert ink.isfinite().all()
        assert float(ink.detach().min()) >= 0
        assert float(ink.detach().max()) <= 1
        assert points.grad.isfinite().all()
        assert torch.allclose(ink[0], ink[1], atol=1e-6), "the order of strokes does not matter"


@pytest.mark.parametrize(
    ("name", "inked"), [("dot", True), ("across", True), ("far across", True), ("a million px away", False)]
)
def test_one_pixel_tells_what_lies_on_it(name: str, inked: bool, form: str) -> None:
    ink = render(as_tensor(CHAINS[name](4)[None]), 1, 1, 3.0)
    assert (float(ink.detach()) > 0.9) == inked


@pytest.mark.parametrize("place", [0, 3, 11], ids="stroke {}".format)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1.1e9])
def test_one_bad_number_anywhere_is_refused_before_drawing(value: float, place: int, form: str) -> None:
    points = as_tensor(np.ones((12, 7, 2)))
    with torch.no_grad():
        points[place, 6, 1] = value
    with pytest.raises(ValueError, match="not numbers or more than 1e"):
        render(points, 1, 1, 3.0)
    with pytest.raises(ValueError, match="above 0"):
        render(torch.ones(12, 7, 2), 1, 1, torch.where(torch.arange(12) == place, torch.nan, 1.0))


# Numba ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def fresh_kernels(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The compiled loops are looked for anew in the test and after it."""
    monkeypatch.delattr(rasterizer, "kernels", raising=False)
    monkeypatch.delitem(sys.modules, "clipasso_engine.optimising.rasterizer.kernels", raising=False)
    native.kernels.cache_clear()
    yield
    native.kernels.cache_clear()


def test_without_numba_pytorch_draws(fresh_kernels: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    assert native.kernels() is None
    assert render(as_tensor(arcs()), WIDTH, HEIGHT, 3.0).sum() > 100


def test_numba_is_imported_with_the_first_drawing_only() -> None:
    program = (
        "import sys, torch; from clipasso_engine.optimising.rasterizer import render, native;"
        "assert 'numba' not in sys.modules;"
        "render(torch.zeros(1, 4, 2), 8, 8, 3.0); assert 'numba' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(rasterizer.__file__).parents[3], timeout=120)


@pytest.mark.parametrize("user_folder", ["writable", "blocked"])
def test_loops_compile_where_the_package_cannot_be_written(
    user_folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clipasso_engine.optimising.rasterizer import kernels

    # A file where a folder is needed stops every user, root included.
    (tmp_path / "__pycache__").touch()
    cache = tmp_path / "cache"
    cache.touch() if user_folder == "blocked" else cache.mkdir()
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(variable, str(cache))
    source = tmp_path / "doubling.py"
    source.write_text("def double(x):\n    return 2 * x\n")
    specification = importlib.util.spec_from_file_location("doubling", source)
    module = importlib.util.module_from_spec(specification)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    specification.loader.exec_module(module)

    assert kernels._compiled(module.double)(21) == 42
    assert user_folder == "blocked" or list(cache.rglob("*.nbi"))
