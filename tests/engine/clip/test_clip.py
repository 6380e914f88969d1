"""CLIP guidance, saliency and text, on random weights in the published layout."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

pytest.importorskip("open_clip", reason="CLIP's packages are not installed (a minimal installation)")

from skimage import data

from clipasso_engine.clip import availability
from clipasso_engine.clip import network as clip_network
from clipasso_engine.clip import saliency as clip_saliency
from clipasso_engine.contract.codes import NoticeCode
from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.job import SketchJob
from clipasso_engine.optimising import guidance
from clipasso_engine.optimising.guidance import Subject, both, boundary, clip
from clipasso_engine.optimising.guidance.blend import Blend
from clipasso_engine.optimising.guidance.by_autograd import ByAutograd
from clipasso_engine.optimising.optimizer import Descent, optimize
from clipasso_engine.weights import models, transfer
from tests.support import clip_models
from tests.support.told import refused

CPU = "cpu"
TOLERANCE = 1e-4


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like a mirror of the hub, with random RN101 and ViT-B/32."""
    folder = tmp_path_factory.mktemp("hub")
    for architecture, repository in (
        ("RN101-quickgelu", "timm/resnet101_clip.openai"),
        ("ViT-B-32-quickgelu", "timm/vit_base_patch32_clip_224.openai"),
    ):
        file = folder / repository / "open_clip_model.safetensors"
        clip_models.save(clip_models.random_model(architecture), file)
    return folder


@pytest.fixture(scope="session")
def full_home(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home into which ``clipasso models fetch --from`` brought both."""
    home = tmp_path_factory.mktemp("home")
    fetch = [sys.executable, "-m", "clipasso_engine", "models", "fetch", "--own", "--from", str(published)]
    _run(fetch, home)
    return home


@pytest.fixture
def full(full_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLIPASSO_HOME", str(full_home))
    return full_home


@pytest.fixture(scope="session")
def rn101(full_home: Path) -> clip_network.ImageTower:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLIPASSO_HOME", str(full_home))
        return clip_network.image_tower("RN101", CPU)


@pytest.fixture(scope="session")
def tiny_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the models ``tiny`` (a ResNet) and ``tiny-vit``."""
    home = tmp_path_factory.mktemp("tiny")
    clip_models.register_tiny(tmp_path_factory.mktemp("configurations"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLIPASSO_HOME", str(home))
        for name in ("tiny", "tiny-vit"):
            clip_models.save(clip_models.random_model(name), home / "from" / f"clip-{name}.safetensors")
            transfer.fetch_from(home / "from", models.clip(name))
    return home


@pytest.fixture
def tiny(tiny_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLIPASSO_HOME", str(tiny_home))
    return tiny_home


def _run(command: list[str], home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    root = str(Path(__file__).parents[3])
    environment = {**os.environ, "CLIPASSO_HOME": str(home), "PYTHONPATH": root, **variables}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done


def subject(model: str = "tiny", text: str = "", seed: int = 0, size: tuple[int, int] = (64, 64)) -> Subject:
    photo = data.astronaut()[: size[0] * 4 : 4, : size[1] * 4 : 4]
    lines = np.zeros(photo.shape[:2], np.float32)
    lines[10:50, 20] = 1.0
    return Subject(np.ascontiguousarray(photo), lines, CPU, seed, text, model)


def close(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    """Equal within the tolerance, relative to the largest value."""
    assert ours.shape == theirs.shape
    assert (ours - theirs).abs().max() <= TOLERANCE * theirs.abs().max()


# --- the tensors, against the library's own forward and independent implementations


@pytest.fixture(scope="session")
def images() -> torch.Tensor:
    torch.manual_seed(1)
    return torch.nn.functional.interpolate(torch.rand(2, 3, 14, 14), 224, mode="bilinear")


def test_rn101_gives_the_librarys_own_maps_and_embedding(rn101: clip_network.ImageTower, images: torch.Tensor) -> None:
    reference = clip_models.random_model("RN101-quickgelu").visual
    seen: list[torch.Tensor] = []
    hooks = [
        stage.register_forward_hook(lambda module, inputs, output: seen.append(output.clone()))
        for stage in (reference.layer2, reference.layer3)
    ]
    with torch.no_grad():
        maps, embedding = rn101(images)
        expected = reference(clip_network.normalised(images))
    for hook in hooks:
        hook.remove()
    assert [stage.shape[1:] for stage in maps] == [(512, 28, 28), (1024, 14, 14)]
    for ours, theirs in zip(maps, seen, strict=True):
        close(ours, theirs)
    close(embedding, expected)


def test_rn101_equals_timms_independent_implementation(rn101: clip_network.ImageTower, images: torch.Tensor) -> None:
    import timm
    from timm.models.byobnet import checkpoint_filter_fn

    state = clip_models.random_model("RN101-quickgelu").state_dict()
    reference: Any = timm.create_model("resnet101_clip", num_classes=512).eval()
    reference.load_state_dict(checkpoint_filter_fn(state, reference))
    with torch.no_grad():
        maps, embedding = rn101(images)
        last, stages = reference.forward_intermediates(clip_network.normalised(images))
        close(embedding, reference.forward_head(last))
    by_shape = {stage.shape: stage for stage in stages}
    for ours in maps:
        close(ours, by_shape[ours.shape])


@pytest.fixture(scope="session")
def timms_vit() -> Any:
    """timm's ViT-B/32 with the same random weights; its attention is computed step by step, so that it can be seen."""
    import timm
    from timm.layers.config import set_fused_attn
    from timm.models.vision_transformer import checkpoint_filter_fn

    set_fused_attn(False)
    reference: Any = timm.create_model("vit_base_patch32_clip_quickgelu_224", num_classes=512).eval()
    set_fused_attn(True)
    state = clip_models.random_model("ViT-B-32-quickgelu").state_dict()
    reference.load_state_dict(checkpoint_filter_fn(dict(state), reference))
    return reference


def test_vit_b_32_equals_timms_independent_implementation(full: Path, images: torch.Tensor, timms_vit: Any) -> None:
    tower = clip_network.image_tower("ViT-B-32", CPU)
    with torch.no_grad():
        maps, embedding = tower(images)
        last, stages = timms_vit.forward_intermediates(clip_network.normalised(images), indices=[5, 8])
        close(embedding, timms_vit.forward_head(last))
    for ours, theirs in zip(maps, stages, strict=True):
        close(ours, theirs)


def test_the_attention_map_equals_timms(full: Path, images: torch.Tensor, timms_vit: Any) -> None:
    seen: list[torch.Tensor] = []
    # What is dropped out, or not, of timm's attention is the softmax itself, [N, heads, tokens, tokens].
    hooks = [
        block.attn.attn_drop.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
        for block in timms_vit.blocks
    ]
    with torch.no_grad():
        timms_vit(clip_network.normalised(images[:1]))
    for hook in hooks:
        hook.remove()
    assert len(seen) == 12
    expected = torch.stack([layer[0, :, 0, 1:].mean(dim=0) for layer in seen]).mean(dim=0).unflatten(0, (7, 7))
    close(clip_network.attention("ViT-B-32", images[0]), expected)


def test_the_texts_embedding_equals_the_librarys(tiny: Path) -> None:
    model = clip_models.random_model("tiny")
    with torch.no_grad():
        expected = model.encode_text(clip_models.open_clip().tokenize(["a running horse"]), normalize=True)[0]
    ours = clip_network.text_embedding("tiny", "a running horse", CPU)
    close(ours, expected)
    assert not torch.allclose(ours, clip_network.text_embedding("tiny", "a teapot", CPU), atol=1e-3)


def test_rounding_changes_the_gradient_less_than_another_view_does(rn101: clip_network.ImageTower) -> None:
    few_bits = clip_network.ImageTower(copy.deepcopy(rn101.visual), torch.bfloat16)
    guide = clip.ClipGuidance(subject("RN101"), rn101, few_bits, pool=1)
    ink = torch.zeros(1, 64, 64)
    ink[:, 20:40, 30] = 1.0

    def gradient(target: Any, view: int) -> torch.Tensor:
        sketch = ink.clone().requires_grad_(True)
        target.distance(sketch, view, None).sum().backward()
        assert sketch.grad is not None
        return sketch.grad.flatten()

    exact = gradient(guide._plain, 0)
    rounded = torch.cosine_similarity(exact, gradient(guide._views, 0), dim=0)
    turned = torch.cosine_similarity(exact, gradient(guide._views, 1), dim=0)
    assert rounded > 0.8
    assert rounded > turned


# --- the losses, against their definitions


def test_the_geometric_distance_is_the_sum_of_mean_squares() -> None:
    ours = [torch.rand(2, 3, 4, 4), torch.rand(2, 5, 2, 2)]
    theirs = [torch.rand(1, 3, 4, 4), torch.rand(1, 5, 2, 2)]
    found = clip.geometric_distance(ours, theirs)
    for candidate in range(2):
        expected = sum(np.mean((a[candidate].numpy() - b[0].numpy()) ** 2) for a, b in zip(ours, theirs, strict=True))
        assert found[candidate].item() == pytest.approx(expected, abs=1e-6)


def test_the_semantic_distance_is_one_minus_the_cosine() -> None:
    a, b = torch.tensor([[3.0, 4.0], [1.0, 0.0]]), torch.tensor([0.0, 2.0])
    assert clip.semantic_distance(a, b).tolist() == pytest.approx([1 - 0.8, 1.0])


def test_a_perfect_sketch_has_no_loss_and_text_adds_its_share(tiny: Path) -> None:
    tower = clip_network.image_tower("tiny", CPU)
    ink = torch.zeros(1, 224, 224)
    ink[:, 70:140, 100:110] = 1.0
    photo = ((1 - ink[0, ..., None].expand(-1, -1, 3)) * 255).numpy().astype(np.uint8)
    text = clip_network.text_embedding("tiny", "a line", CPU)
    plain = Subject(photo, photo[..., 0], CPU)
    guide, told = clip.ClipGuidance(plain, tower), clip.ClipGuidance(plain, tower, text=text)
    for step in range(4):
        assert guide.loss(ink, step / 8).item() == pytest.approx(0.0, abs=1e-5)
    embedding = tower(1.0 - ink.expand(1, 3, -1, -1))[1]
    expected = clip.TEXT_WEIGHT * clip.semantic_distance(embedding, text).item()
    assert told.evaluate(ink).item() == pytest.approx(expected, abs=1e-5)
    assert expected > 0.01


def test_candidates_in_a_batch_have_the_losses_they_have_alone(tiny: Path) -> None:
    guide = guidance.build("clip", subject())
    ink = np.random.default_rng(0).random((3, 64, 64), np.float32)
    alone = np.concatenate([guide.evaluate(one[None]) for one in ink])
    assert np.allclose(guide.evaluate(ink), alone, rtol=1e-2)


def test_the_gradient_reaches_the_ink_and_no_weight(tiny: Path) -> None:
    tower = clip_network.image_tower("tiny", CPU)
    ink = torch.rand(2, 64, 64, requires_grad=True)
    clip.ClipGuidance(subject(), tower).loss(ink, 0.0).sum().backward()
    assert ink.grad is not None
    assert (ink.grad.abs().sum(dim=(1, 2)) > 0).all()
    assert not any(parameter.requires_grad for parameter in tower.parameters())


def test_the_same_seed_looks_the_same_way(tiny: Path) -> None:
    ink = np.random.default_rng(0).random((1, 64, 64), np.float32)

    def seen(seed: int) -> list[float]:
        guide = guidance.build("clip", subject(seed=seed))
        return [guide.pull(ink, 0.0)[0].item() for _ in range(6)]

    assert seen(1) == seen(1)
    assert seen(1) != seen(2)


# --- the views


def test_the_plain_view_is_the_picture_itself(tiny: Path) -> None:
    darkness = torch.rand(1, 3, 64, 64)
    plain = clip._look(darkness, clip._grid(64, np.eye(3), 1.0)[None])
    assert torch.allclose(plain, 1 - darkness, atol=1e-5)


@pytest.mark.parametrize(("height", "width"), [(32, 64), (64, 32), (256, 128)])
def test_a_picture_that_is_no_square_is_centred_on_white(height: int, width: int) -> None:
    view = clip._look(torch.ones(1, 3, height, width), clip._grid(64, np.eye(3), width / height)[None])[0, 0]
    dark = view < 0.5
    side = round(64 * min(height, width) / max(height, width))
    assert dark.sum() == side * 64
    assert torch.equal(dark, dark.flip(0))
    assert torch.equal(dark, dark.flip(1))
    assert view[0, 0] == (0.0 if side == 64 else 1.0)


def test_random_views_are_the_papers_perspective_and_crop() -> None:
    """Against torchvision, which is asked for the same four corners."""
    from torchvision.transforms import functional

    picture = torch.nn.functional.interpolate(torch.rand(1, 1, 8, 8), 64, mode="bicubic")
    for seed in range(5):
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
        moved = corners * (1 - 0.5 * np.random.default_rng(seed).random((4, 2)))
        view = clip.random_view(np.random.default_rng(seed))
        # The crop is an affine map of known side, so dividing it out leaves the perspective.
        side = 0.8**0.5
        draws = np.random.default_rng(seed)
        draws.random((4, 2))
        left, top = (1 - side) * (2 * draws.random(2) - 1)
        perspective = view @ np.linalg.inv(np.array([[side, 0, left], [0, side, top], [0, 0, 1]]))
        ours = 1 - clip._look(picture, clip._grid(64, perspective, 1.0)[None])
        to_pixels = [[(x + 1) * 32 for x in point] for point in corners], [[(x + 1) * 32 for x in p] for p in moved]
        theirs = functional.perspective(picture, *to_pixels, fill=0.0)
        inside = torch.ones_like(picture)
        margin = functional.perspective(inside, *to_pixels, fill=0.0) > 0.99
        assert (ours - theirs)[margin].abs().max() < 0.02
        assert abs(left) <= 1 - side
        assert abs(top) <= 1 - side


# --- the whole


def test_the_loss_falls_and_a_vit_can_guide_too(tiny: Path) -> None:
    start = np.random.default_rng(0).random((2, 6, 4, 2), np.float32) * 64
    for model in ("tiny", "tiny-vit"):
        guide = guidance.build("clip", subject(model))
        outcome = optimize(start, guide, (64, 64), Descent(12, keep_lines=False), lambda *_: False)
        assert min(outcome.losses) < outcome.first_loss


@pytest.mark.parametrize("text", ["", "a face"])
def test_rn101_guides_a_sketch_and_its_loss_falls(full: Path, rn101: clip_network.ImageTower, text: str) -> None:
    photo = subject("RN101")
    told = clip_network.text_embedding("RN101", text, CPU) if text else None
    seen = ByAutograd(clip.ClipGuidance(photo, rn101, text=told, pool=0))
    guide: guidance.Guidance = Blend("both", boundary.build(photo), seen, both.share) if text else seen
    start = np.random.default_rng(0).random((1, 8, 4, 2), np.float32) * 64
    outcome = optimize(start, guide, (64, 64), Descent(5, evaluate_every=1, keep_lines=False), lambda *_: False)
    assert outcome.losses[0] < outcome.first_loss


class Linear:
    """A loss that grows by ``slope`` with every unit of ink."""

    name = "linear"

    def __init__(self, slope: float) -> None:
        self.slope, self.asked = slope, 0

    def pull(self, ink: np.ndarray, fraction: float | None) -> tuple[np.ndarray, np.ndarray]:
        self.asked += fraction is not None
        return self.evaluate(ink), np.full_like(ink, self.slope)

    def evaluate(self, ink: np.ndarray) -> np.ndarray:
        return self.slope * ink.sum((-2, -1))


def test_both_runs_no_clip_at_first_and_mostly_clip_at_last() -> None:
    lines, seen = Linear(7.0), Linear(0.1)
    guide = Blend("both", lines, seen, both.share)
    sheet = np.ones((1, 4, 4), np.float32)
    assert guide.evaluate(sheet).item() == pytest.approx(7 * 16), "both pull equally"
    guide.pull(sheet, both.CLIP_FROM)
    assert (lines.asked, seen.asked) == (1, 0)
    seen.slope = 0.0
    assert guide.pull(sheet, 1.0)[0].item() == pytest.approx((1 - both.CLIP_SHARE) * 7 * 16)
    assert (lines.asked, seen.asked) == (2, 1)
    assert both.share(0.0) == 0.0 < both.share(0.7) < both.share(1.0) == both.CLIP_SHARE


def test_clip_alone_pulls_as_hard_as_the_lines_would() -> None:
    lines, seen = Linear(7.0), Linear(0.1)
    guide = Blend("clip", lines, seen, lambda fraction: 1.0)
    _, gradient = guide.pull(np.ones((2, 4, 4), np.float32), 0.0)
    assert np.unique(gradient).tolist() == pytest.approx([7.0])
    assert lines.asked == 0


@pytest.mark.parametrize("slopes", [(0.0, 1.0), (1.0, 0.0)])
def test_a_guidance_that_does_not_pull_leaves_the_other_as_it_is(slopes: tuple[float, float]) -> None:
    guide = Blend("both", Linear(slopes[0]), Linear(slopes[1]), lambda fraction: 0.5)
    assert guide.evaluate(np.zeros((1, 2, 2), np.float32)).item() == 0.0
    assert guide.evaluate(np.ones((1, 2, 2), np.float32)).item() == pytest.approx(2.0)


def test_saliency_is_attention_times_edges(full: Path) -> None:
    photo = np.full((150, 200, 3), 230, np.uint8)
    photo[40:110, 60:140] = 20
    found = clip_saliency.saliency(photo)
    assert found.shape == (150, 200)
    assert found.dtype == np.float32
    assert 0.0 <= found.min() < found.max() <= 1.0
    assert found[75, 100] == found[5, 5] == 0.0, "flat areas have no edges, the photo's frame is none"
    assert found[30:120, 50:150].sum() > 0.99 * found.sum()


def test_saliency_of_a_blank_photo_is_attention_alone(full: Path) -> None:
    assert clip_saliency.saliency(np.full((64, 64, 3), 200, np.uint8)).any()


def test_xdog_finds_the_dark_side_of_an_edge() -> None:
    photo = np.full((100, 100, 3), 240, np.uint8)
    photo[:, 50:] = 10
    edges = clip_saliency.xdog(photo)
    assert set(np.unique(edges)) == {0.0, 1.0}
    assert edges[:, 50:55].all()
    assert not edges[:, :49].any()
    assert not clip_saliency.xdog(np.full((50, 50, 3), 100, np.uint8)).any()


# --- what is missing or wrong


def test_auto_takes_clip_only_where_it_is_there(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert guidance.choose(SketchJob("p", clip_model="tiny")) == ("both", None)
    name, notice = guidance.choose(SketchJob("p", clip_model="RN50"))
    assert name == "boundary"
    assert notice is NoticeCode.NO_CLIP_WEIGHTS
    monkeypatch.setattr(availability, "installed", lambda: False)
    name, notice = guidance.choose(SketchJob("p", clip_model="tiny"))
    assert name == "boundary"
    assert notice is NoticeCode.NO_CLIP_PACKAGES
    assert guidance.choose(SketchJob("p", guidance="clip")) == ("clip", None)
    with pytest.raises(UserError, match="'a cat' needs CLIP"):
        guidance.choose(SketchJob("p", guidance="boundary", text="a cat"))


def test_clip_without_its_packages_says_what_to_do(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip_network, "installed", lambda: False)
    with refused(r"install.py without --minimal"):
        guidance.build("clip", subject())


def test_clip_without_its_weights_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path))
    with refused("clipasso models fetch clip-rn101"):
        guidance.build("clip", subject("RN101"))


def test_an_unknown_model_is_answered_with_known_ones(tiny: Path) -> None:
    with pytest.raises(UserError, match=r"no model 'RN99'.*RN101"):
        guidance.build("clip", subject("RN99"))


def test_weights_of_another_architecture_are_noticed_when_loaded(tiny: Path) -> None:
    file = models.location(models.clip("tiny"))
    kept, record = file.read_bytes(), models.read_record(file)
    assert record is not None
    try:
        (tiny / "wrong").mkdir(exist_ok=True)
        clip_models.save(clip_models.random_model("tiny-vit"), tiny / "wrong" / file.name)
        transfer.fetch_from(tiny / "wrong", models.clip("tiny"), own=True)
        with pytest.raises(UserError, match="do not fit the CLIP model tiny"):
            guidance.build("clip", subject())
    finally:
        file.write_bytes(kept)
        models.write_record(file, record)


def test_attention_of_a_network_without_a_class_token_is_refused(tiny: Path) -> None:
    with pytest.raises(UserError, match="no class token"):
        clip_network.attention("tiny", torch.rand(3, 64, 64))


def test_the_library_says_nothing_on_stderr(full: Path, tmp_path: Path) -> None:
    script = "from clipasso_engine.clip import network; network.text_embedding('RN101', 'a cat', 'cpu')"
    assert _run([sys.executable, "-W", "ignore", "-c", script], full).stderr == ""


def test_the_command_line_sketches_with_clip(full: Path, tmp_path: Path) -> None:
    from PIL import Image

    photo = tmp_path / "coffee.png"
    Image.fromarray(data.coffee()[::4, ::4]).save(photo)
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "clipasso_engine", "sketch", str(photo), "-o", str(tmp_path / "out.svg")]
    command += ["--strokes", "8", "--quality", "draft", "--text", "a cup of coffee", "--report", str(report), "--quiet"]
    _run(command, full)
    told = json.loads(report.read_text())
    assert told["guidance"] == "both"
    assert told["best_loss"] < told["first_loss"]
