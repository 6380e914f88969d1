"""Downloads that are kept, with a real pip and a package index on this computer."""

import io
import json
import sys
from pathlib import Path

import pytest

from installer import commands, downloads
from installer.console import Console, Messages
from installer.downloads import Fetching, Item
from installer.reasons import because
from tests.support.package_index import PackageIndex
from tests.support.stand_in_packages import environment


@pytest.fixture
def index(monkeypatch):
    with PackageIndex() as served:
        for name, value in environment(served).items():
            monkeypatch.setenv(name, value)
        yield served


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "downloads").mkdir()
    return tmp_path / "downloads"


def fetching(folder, console=None):
    return Fetching(Path(sys.executable), folder, console or Console(io.StringIO()), folder.parent / "log")


def item(name, sha256, marker=""):
    return Item(f"{name}==1.0{marker}  --hash=sha256:{sha256}")


def test_what_was_cut_off_goes_on_where_it_stopped(index, folder):
    items = [item(name, index.add(name, "1.0", padding=300_000)) for name in ("one", "two")]
    index.cut_after = {"two-1.0-py3-none-any.whl": 100_000}
    with pytest.raises(commands.CommandError) as failed:
        fetching(folder).fetch(items, [])
    assert "THESE PACKAGES" not in failed.value.output, "a cut is not told as a package of another hash"
    assert "cannot be reached" in str(because("It failed", failed.value, folder))
    assert [path.name for path in folder.glob("*.whl")] == ["one-1.0-py3-none-any.whl"]
    index.cut_after, index.is_down = {}, False
    stream = io.StringIO()
    fetching(folder, Messages(stream)).fetch(items, [])
    assert sorted(index.sent) == sorted(index.files), "each was sent once"
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [message["bytes"] for message in told if message["package"] == "two"][-1] > 600_000
    assert sorted(path.name for path in folder.iterdir()) == sorted(index.files)


def test_a_package_of_another_hash_is_refused(index, folder):
    index.add("one", "1.0")
    with pytest.raises(commands.CommandError) as failed:
        fetching(folder).fetch([item("one", "0" * 64)], [])
    assert "THESE PACKAGES DO NOT MATCH" in failed.value.output
    assert not list(folder.glob("*.whl"))


def test_what_is_damaged_is_fetched_again(index, folder):
    wanted = item("one", index.add("one", "1.0"))
    (folder / "one-1.0-py3-none-any.whl").write_bytes(b"half")
    fetching(folder).fetch([wanted], [])
    assert wanted.is_in(folder)


def test_only_what_is_meant_for_this_python(index, folder):
    marker = '; python_version < "3"'
    fetching(folder).fetch([item("one", index.add("one", "1.0"), marker)], [])
    assert index.asked == []


def test_requirements_as_pip_reads_them(tmp_path):
    file = tmp_path / "some.txt"
    one, other = "1" * 64, "2" * 64
    file.write_text(
        "# Why.\n-r more.txt\n"
        f'a-b[c]==1.0; python_version < "3.11" \\\n    --hash=sha256:{one} \\\n    --hash=sha256:{other}\nd==2\n'
    )
    first, second = downloads.read([file])
    assert (first.name, first.pin, first.sha256) == ("a-b", "a-b[c]==1.0", [one, other])
    assert first.marker == 'python_version < "3.11"'
    assert (second.name, second.marker, second.sha256) == ("d", "", [])
