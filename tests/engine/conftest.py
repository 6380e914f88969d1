"""Fixtures for all tests: what they may find on this machine, and what the operating system may refuse."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

import clipasso_engine


@pytest.fixture(autouse=True)
def _children_find_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that tests start import this engine, from whatever folder."""
    monkeypatch.setenv("PYTHONPATH", str(Path(clipasso_engine.__file__).parent.parent))


@pytest.fixture(autouse=True)
def _no_weights_of_rembg(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Photos are looked at by the networks that come with the engine, whatever else is on this machine."""
    monkeypatch.setenv("U2NET_HOME", str(tmp_path_factory.getbasetemp() / "none"))


@pytest.fixture
def unprivileged() -> Callable[[], AbstractContextManager[None]]:
    """A context in which file permissions hold, although the tests may run as root."""

    @contextmanager
    def drop() -> Iterator[None]:
        if os.name != "posix" or os.geteuid() != 0:
            yield
            return
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)

    return drop


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may look into, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Kind to what else runs here; steps are so short that waiting for a second thread costs more than it gains."""
    import torch  # not for tests that do without it

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
