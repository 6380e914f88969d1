"""Weights: what is trusted, and how they come here."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from clipasso_engine.commands import models as models_command
from clipasso_engine.contract import paths
from clipasso_engine.contract.errors import UserError
from clipasso_engine.weights import bundled as embedded
from clipasso_engine.weights import download, models, transfer
from tests.support.fake_hub import REVISION, Hub
from tests.support.told import refused

WHOLE = save({"visual.a": np.arange(50_000, dtype=np.float32).reshape(50, 1000), "b": np.zeros(3, np.float32)})
SHA256 = hashlib.sha256(WHOLE).hexdigest()
UNPINNED = models.Weights(
    name="clip-tiny",
    file="clip-tiny.safetensors",
    purpose="testing",
    licence="MIT",
    source="the hub of the tests",
    size=len(WHOLE),
    url="hub:org/tiny@main/open_clip_model.safetensors",
    architecture="tiny",
    tensors=(("visual.a", (50, 1000)),),
)
PINNED = dataclasses.replace(UNPINNED, sha256=SHA256)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path / "home"))
    monkeypatch.setitem(models.REGISTRY, UNPINNED.name, UNPINNED)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return tmp_path / "home"


@pytest.fixture
def pinned(monkeypatch: pytest.MonkeyPatch) -> models.Weights:
    monkeypatch.setitem(models.REGISTRY, PINNED.name, PINNED)
    return PINNED


def fetch(hub: Hub, monkeypatch: pytest.MonkeyPatch, weights: models.Weights = UNPINNED) -> Path:
    monkeypatch.setenv("HF_ENDPOINT", hub.address)
    return download.fetch(weights, lambda done, total: None, pauses=(0.0, 0.0))


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    models_command.add_arguments(parser)
    return models_command.run(parser.parse_args(words))


# --- the registry


def test_every_entry_says_what_a_user_wants_to_know() -> None:
    for weights in models.REGISTRY.values():
        assert weights.name
        assert weights.purpose
        assert weights.licence
        assert weights.source
        assert weights.size > 0
        assert weights.bundled or weights.url.startswith(("hub:", "https://"))
        assert weights.file.endswith((".safetensors", ".onnx"))


def test_the_licences_of_what_is_in_the_package_are_in_it_too() -> None:
    notice = (embedded.FOLDER / "NOTICE").read_text(encoding="utf-8")
    assert all(weights.file in notice for weights in models.REGISTRY.values() if weights.bundled)
    assert {file.name for file in embedded.FOLDER.glob("*.safetensors")} == {
        weights.file for weights in models.REGISTRY.values() if weights.bundled
    }
    assert "Apache License" in (embedded.FOLDER / "APACHE-2.0").read_text(encoding="utf-8")


def test_a_name_of_the_clip_library_finds_its_weights() -> None:
    assert models.clip("RN101") is models.clip("RN101-quickgelu") is models.CLIP_RN101
    assert models.clip("ViT-B-32") is models.CLIP_VIT_B32
    assert models.find("clip-RN50-quickgelu").architecture == "RN50-quickgelu"


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    known = "boundary, foreground, face_detector, face_landmarks, classifier, meaning, clip-rn101"
    with pytest.raises(UserError, match=rf"'clap'.*{known}"):
        models.find("clap")


def test_importing_the_registry_does_not_import_torch() -> None:
    check = "import sys, clipasso_engine.commands.models; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False, cwd=Path(__file__).parents[3]).returncode == 0


# --- what is trusted


def test_missing_weights_say_how_to_get_them() -> None:
    assert not models.available(UNPINNED.name)
    with refused("clipasso models fetch clip-tiny"):
        models.path(UNPINNED.name)


def test_a_changed_byte_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    with Hub(WHOLE) as hub:
        file = fetch(hub, monkeypatch)
    assert models.path(UNPINNED.name) == file
    damaged = bytearray(WHOLE)
    damaged[-1] ^= 1
    file.write_bytes(damaged)
    with pytest.raises(UserError, match="damaged"):
        models.path(UNPINNED.name)
    with pytest.raises(UserError, match="clip-tiny is damaged"):
        run("verify")


def test_a_file_put_there_by_hand_counts_when_its_hash_is_pinned(pinned: models.Weights) -> None:
    paths.models().mkdir(parents=True)
    models.location(pinned).write_bytes(WHOLE)
    assert models.path(pinned.name).read_bytes() == WHOLE


def test_a_file_put_there_by_hand_without_any_hash_is_not_trusted() -> None:
    paths.models().mkdir(parents=True)
    models.location(UNPINNED).write_bytes(WHOLE)
    assert not models.available(UNPINNED.name)
    with pytest.raises(UserError, match="by hand"):
        models.path(UNPINNED.name)


def test_a_record_cannot_replace_a_pin(pinned: models.Weights) -> None:
    paths.models().mkdir(parents=True)
    file = models.location(pinned)
    file.write_bytes(b"other")
    models.write_record(file, models.Record(hashlib.sha256(b"other").hexdigest(), 5, "somewhere"))
    with pytest.raises(UserError, match="damaged"):
        models.path(pinned.name)


# --- from the network


def test_the_hubs_hash_and_revision_are_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    with Hub(WHOLE) as hub:
        file = fetch(hub, monkeypatch)
        record = models.read_record(file)
        assert file.read_bytes() == WHOLE
        assert record is not None
        assert (record.sha256, record.revision, record.size) == (SHA256, REVISION, len(WHOLE))
        # The file is asked for by the very revision whose hash was told.
        assert ("GET", f"/org/tiny/resolve/{REVISION}/open_clip_model.safetensors", "") in hub.requests
        asked = len(hub.requests)
        fetch(hub, monkeypatch)
        assert len(hub.requests) == asked, "weights that are here are not fetched again"


def test_a_download_that_breaks_off_is_resumed(monkeypatch: pytest.MonkeyPatch) -> None:
    with Hub(WHOLE, breaks=[70_000, 50_000]) as hub:
        assert fetch(hub, monkeypatch).read_bytes() == WHOLE
        ranges = [wanted for method, path, wanted in hub.requests if method == "GET" and path.startswith("/storage")]
    assert ranges == ["", "bytes=70000-", "bytes=120000-"]
    assert not list(paths.models().glob("*.part"))


def test_a_later_fetch_goes_on_where_the_first_gave_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with Hub(WHOLE, breaks=[1000, 1000, 1000]) as hub:
        with pytest.raises(UserError, match=r"broke off after 0.0 of 0.2 MB.*By hand: download http"):
            fetch(hub, monkeypatch)
        assert fetch(hub, monkeypatch).read_bytes() == WHOLE
        assert hub.requests[-1][2] == "bytes=3000-"


def test_a_server_that_does_not_resume_starts_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    with Hub(WHOLE, breaks=[70_000], resumes=False) as hub:
        assert fetch(hub, monkeypatch).read_bytes() == WHOLE


def test_a_busy_server_is_asked_again_and_three_times_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    with Hub(WHOLE, refusals=[503, 429]) as hub:
        fetch(hub, monkeypatch)
    models.location(UNPINNED).unlink()
    with Hub(WHOLE, refusals=[503] * 4) as hub:
        with pytest.raises(UserError, match=r"503.*3 tries"):
            fetch(hub, monkeypatch)
        assert len(hub.requests) == 3


def test_a_refusal_is_final(monkeypatch: pytest.MonkeyPatch) -> None:
    with Hub(WHOLE, refusals=[404] * 4) as hub:
        with pytest.raises(UserError, match="404"):
            fetch(hub, monkeypatch)
        assert len(hub.requests) == 1


def test_a_wrong_hash_is_never_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    with Hub(WHOLE, announced="ab" * 32) as hub, pytest.raises(UserError, match="expected is abab"):
        fetch(hub, monkeypatch)
    assert [file.suffix for file in paths.models().iterdir()] == [".lock"]


def test_the_pin_counts_more_than_what_the_server_says(monkeypatch: pytest.MonkeyPatch, pinned: models.Weights) -> None:
    other = save({"visual.a": np.ones((50, 1000), np.float32), "b": np.zeros(3, np.float32)})
    with Hub(other) as hub, pytest.raises(UserError, match=f"expected is {SHA256}"):
        fetch(hub, monkeypatch, pinned)
    with Hub(WHOLE, announced=None) as hub:
        assert fetch(hub, monkeypatch, pinned).read_bytes() == WHOLE


def test_a_server_that_tells_no_hash_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    with Hub(WHOLE, announced=None) as hub, pytest.raises(UserError, match="does not tell"):
        fetch(hub, monkeypatch)


def test_a_login_page_is_not_taken_for_weights(monkeypatch: pytest.MonkeyPatch, pinned: models.Weights) -> None:
    with Hub(WHOLE, page=b"<html>Welcome to the hotel</html>") as hub, pytest.raises(UserError, match="web page"):
        fetch(hub, monkeypatch, pinned)


def test_another_network_from_the_hub_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    other = save({"visual.a": np.zeros((3, 3), np.float32)})
    with Hub(other) as hub, pytest.raises(UserError, match=r"another network.*\(50, 1000\).*\(3, 3\)"):
        fetch(hub, monkeypatch)
    assert not models.location(UNPINNED).exists()


def test_without_a_network_the_way_by_hand_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(
        UserError, match=r"cannot be reached: .*refused.*Everything else works without it.*--from FOLDER"
    ):
        download.fetch(UNPINNED, lambda done, total: None, pauses=(0.0, 0.0))


def test_a_proxy_that_wants_a_login_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with Hub(WHOLE, refusals=[407]) as proxy:
        monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
        monkeypatch.setenv("http_proxy", proxy.address.replace("//", "//me:secret@"))
        with pytest.raises(UserError, match="proxy wants a login") as raised:
            download.fetch(UNPINNED, lambda done, total: None)
    assert "secret" not in str(raised.value)
    assert proxy.address in str(raised.value)


def test_downloads_go_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with Hub(WHOLE) as proxy:
        monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
        monkeypatch.setenv("http_proxy", proxy.address)
        file = download.fetch(UNPINNED, lambda done, total: None)
    assert file.read_bytes() == WHOLE
    assert proxy.requests[0][1].startswith("http://hub.invalid/")


def test_a_nonsense_mirror_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "mirror.example")
    with pytest.raises(UserError, match="HF_ENDPOINT"):
        download.fetch(UNPINNED, lambda done, total: None)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full, a disk that is always full")
def test_a_disk_that_fills_up_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    paths.models().mkdir(parents=True)
    (paths.models() / f"{UNPINNED.file}.{SHA256[:12]}.part").symlink_to("/dev/full")
    with Hub(WHOLE) as hub, pytest.raises(UserError, match=r"disk is full.*goes on from there"):
        fetch(hub, monkeypatch)


def test_too_little_space_is_said_before_the_download(monkeypatch: pytest.MonkeyPatch, pinned: models.Weights) -> None:
    huge = dataclasses.replace(pinned, size=1 << 60)
    monkeypatch.setitem(models.REGISTRY, huge.name, huge)
    with Hub(WHOLE) as hub:
        with pytest.raises(UserError, match="MB free, but 1152921504607 MB are needed"):
            fetch(hub, monkeypatch, huge)
        assert not hub.requests


def test_a_folder_that_cannot_be_made_is_named(home: Path) -> None:
    home.write_text("a file where the folder should be")
    with pytest.raises(UserError, match="CLIPASSO_HOME"):
        download.fetch(UNPINNED, lambda done, total: None)


def test_two_fetches_at_once_download_once(monkeypatch: pytest.MonkeyPatch) -> None:
    script = (
        "from test_models import UNPINNED; from clipasso_engine.weights import download, models;"
        "models.REGISTRY[UNPINNED.name] = UNPINNED; print(download.fetch(UNPINNED, lambda done, total: None))"
    )
    with Hub(WHOLE, breaks=[100_000]) as hub:
        here = Path(__file__).parent
        search = os.pathsep.join([str(here), str(here.parents[2])])
        environment = {**os.environ, "HF_ENDPOINT": hub.address, "PYTHONPATH": search}
        both = [
            subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE) for _ in range(2)
        ]
        places = {process.communicate(timeout=60)[0] for process in both}
        assert [process.returncode for process in both] == [0, 0]
        assert len([1 for method, path, _ in hub.requests if method == "GET" and path == "/storage/blob"]) == 2
    assert len(places) == 1
    assert models.path(UNPINNED.name).read_bytes() == WHOLE


# --- through a folder


def test_export_and_fetch_from_carry_the_hubs_hash(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with Hub(WHOLE) as hub:
        fetch(hub, monkeypatch)
    assert run("export", str(tmp_path / "stick"), "clip-tiny") == 0
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path / "elsewhere"))
    assert run("fetch", "clip-tiny", "--from", str(tmp_path / "stick")) == 0
    assert models.path("clip-tiny").read_bytes() == WHOLE
    (tmp_path / "stick" / UNPINNED.file).write_bytes(save({"visual.a": np.ones((50, 1000), np.float32)}))
    with pytest.raises(UserError, match="not the published clip-tiny"):
        run("fetch", "clip-tiny", "--from", str(tmp_path / "stick"))
    assert models.path("clip-tiny").read_bytes() == WHOLE, "a refused file replaces nothing"


@pytest.mark.parametrize(
    "place",
    [
        "clip-tiny.safetensors",
        "org/tiny/open_clip_model.safetensors",
        "tiny/open_clip_model.safetensors",
        f"models--org--tiny/snapshots/{REVISION}/open_clip_model.safetensors",
        f"hub/models--org--tiny/snapshots/{REVISION}/open_clip_model.safetensors",
    ],
)
def test_folders_laid_out_as_others_do_are_understood(tmp_path: Path, place: str) -> None:
    file = tmp_path / "stick" / place
    file.parent.mkdir(parents=True)
    file.write_bytes(WHOLE)
    transfer.fetch_from(tmp_path / "stick", UNPINNED)
    assert models.path("clip-tiny").read_bytes() == WHOLE


def test_the_hubs_cache_names_a_file_by_its_hash_which_is_checked(tmp_path: Path) -> None:
    cache = tmp_path / "models--org--tiny"
    (cache / "blobs").mkdir(parents=True)
    (cache / "snapshots" / REVISION).mkdir(parents=True)
    (cache / "blobs" / ("ab" * 32)).write_bytes(WHOLE)
    (cache / "snapshots" / REVISION / "open_clip_model.safetensors").symlink_to(f"../../blobs/{'ab' * 32}")
    with pytest.raises(UserError, match="expected is abab"):
        transfer.fetch_from(tmp_path, UNPINNED)


def test_an_empty_folder_is_told_what_is_looked_for(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"looked for clip-tiny.safetensors"):
        transfer.fetch_from(tmp_path, UNPINNED)


class _Bomb:
    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return (os.mkdir, ("exploded",))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (WHOLE[:-100], "truncated"),
        (WHOLE[:4], "truncated"),
        (b"", "truncated"),
        (pickle.dumps(_Bomb()), "pickle"),
        (b"PK\x03\x04" + bytes(200), "TorchScript"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (save({"visual.b": np.zeros(3, np.float32)}), "lacks it"),
        (save({"visual.a": np.zeros((1000, 50), np.float32)}), "another network"),
    ],
)
@pytest.mark.parametrize("own", [False, True])
def test_only_whole_safetensors_of_the_right_network_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, message: str, own: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / UNPINNED.file).write_bytes(content)
    with pytest.raises(UserError, match=message):
        transfer.fetch_from(tmp_path, UNPINNED, own)
    assert not models.location(UNPINNED).exists()
    assert not (tmp_path / "exploded").exists()


def test_own_weights_are_taken_when_asked_and_called_so(
    tmp_path: Path, pinned: models.Weights, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = save({"visual.a": np.ones((50, 1000), np.float32)})
    (tmp_path / pinned.file).write_bytes(mine)
    with pytest.raises(UserError, match="add --own"):
        transfer.fetch_from(tmp_path, pinned)
    assert run("fetch", pinned.name, "--from", str(tmp_path), "--own") == 0
    assert "your own weights" in capsys.readouterr().out
    assert models.path(pinned.name).read_bytes() == mine
    run("list")
    assert "your own weights" in capsys.readouterr().out


def test_fetch_replaces_own_weights_by_the_published(
    tmp_path: Path, pinned: models.Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / pinned.file).write_bytes(save({"visual.a": np.ones((50, 1000), np.float32)}))
    transfer.fetch_from(tmp_path, pinned, own=True)
    with Hub(WHOLE) as hub:
        fetch(hub, monkeypatch, pinned)
    assert models.path(pinned.name).read_bytes() == WHOLE


# --- the command


def test_list_names_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    text = capsys.readouterr().out
    for weights in models.REGISTRY.values():
        assert weights.name in text
        assert weights.licence in text


def test_fetch_prints_progress_as_lines_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Hub(WHOLE) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        assert run("fetch", "clip-tiny") == 0
    seen = capsys.readouterr()
    assert SHA256 in seen.out
    assert "clip-tiny: 0 of 0 MB" in seen.err


def test_requests_that_make_no_sense_are_answered(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="never fetched"):
        run("fetch", "boundary")
    with pytest.raises(UserError, match="needs --from"):
        run("fetch", "clip-tiny", "--own")
    with pytest.raises(UserError, match="No address is known for clip-RN50"):
        run("fetch", "clip-RN50")
    with pytest.raises(UserError, match="no weights to export"):
        run("export", str(tmp_path / "out"))
