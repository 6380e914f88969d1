"""Environments: where PyTorch comes from, which Python they are made from, and what they are made of."""

import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from clipasso_engine.contract.errors import UserError
from installer import commands, environment, gpu, python
from installer.environment import CHECKOUT, CPU_INDEX, REQUIREMENTS


def pins(*names):
    lines = [line for name in names for line in (REQUIREMENTS / name).read_text().splitlines()]
    return [Requirement(line.removesuffix("\\")) for line in lines if line and line[0] not in "#- "]


def test_every_requirement_has_hashes():
    names = sorted(path.name for path in REQUIREMENTS.glob("*.txt"))
    assert len(names) == 7
    for name in names:
        text = (REQUIREMENTS / name).read_text().replace("\\\n", "")
        for line in text.splitlines():
            if line[0] not in "#-":
                assert re.fullmatch(r"[^\\]+?( +--hash=sha256:[0-9a-f]{64})+", line), line


def test_a_hash_is_of_a_wheel_for_a_python_and_platform_that_are_served(monkeypatch):
    update = runpy.run_path(str(REQUIREMENTS / "update_hashes.py"))
    served = {
        "a-1.0-py3-none-any.whl": True,
        "a-1.0-cp312-cp312-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl": True,
        "a-1.0-cp310-abi3-win_amd64.whl": True,
        "a-1.0-cp39-abi3-macosx_11_0_arm64.whl": True,
        "a-1.0-cp39-cp39-win_amd64.whl": False,
        "a-1.0-cp313-cp313t-win_amd64.whl": False,
        "a-1.0-cp312-cp312-musllinux_1_2_x86_64.whl": False,
        "a-1.0-cp312-cp312-win32.whl": False,
        "a-1.1-py3-none-any.whl": False,
        "a-1.0.tar.gz": False,
    }
    for name, expected in served.items():
        assert update["_is_of"](name, "1.0") == expected, name
    files = [{"filename": name, "hashes": {"sha256": f"{n:064x}"}} for n, name in enumerate(served)]
    monkeypatch.setitem(update["with_hashes"].__globals__, "_files", lambda name: files)
    text = update["with_hashes"]('# Why.\na==1.0; python_version < "3.11"\n-r b.txt\n')
    hashes = " \\\n".join(f"    --hash=sha256:{n:064x}" for n in range(4))
    assert text == f'# Why.\na==1.0; python_version < "3.11" \\\n{hashes}\n-r b.txt\n'
    assert update["with_hashes"](text) == text


def test_every_requirement_is_an_exact_version():
    for pin in pins("torch.txt", "cuda.txt", "engine.txt", "clip.txt", "test.txt", "pytest.txt", "inkex.txt"):
        assert re.fullmatch(r"==[\w.]+", str(pin.specifier)), pin


@pytest.mark.parametrize("version", ["3.10", "3.11", "3.14"])
def test_pins_meet_what_the_package_asks_for(version):
    applicable = [
        pin
        for pin in pins("torch.txt", "engine.txt", "clip.txt", "test.txt", "pytest.txt")
        if not pin.marker or pin.marker.evaluate({"python_version": version})
    ]
    pinned = {pin.name.lower().replace("_", "-"): next(iter(pin.specifier)).version for pin in applicable}
    assert len(pinned) == len({pin.name.lower() for pin in applicable})
    tomllib = pytest.importorskip("tomllib")  # since Python 3.11
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project.get("optional-dependencies", {}).values()]
    for wish in (Requirement(line) for group in groups for line in group):
        assert wish.specifier.contains(pinned[wish.name.lower().replace("_", "-")]), wish


def test_the_cpu_build_is_taken_where_it_is_offered(machine, run_install, monkeypatch):
    monkeypatch.setattr(gpu, "has_nvidia", lambda: False)
    machine.order(cpu=True)
    run_install("--no-weights")
    (command,) = machine.commands("install", "--index-url")
    assert command[-4:] == ["--index-url", CPU_INDEX, "torch==2.14.1+cpu", "torchvision==0.29.1+cpu"]
    assert "--no-deps" in command


def test_without_that_index_the_registrys_build_is_taken(machine, run_install, monkeypatch):
    monkeypatch.setattr(gpu, "has_nvidia", lambda: False)
    status, said = run_install("--no-weights")
    assert status == 0, said
    assert not machine.commands("install", "--index-url")
    (probe,) = machine.commands("index")
    assert probe[probe.index("--retries") + 1] == "0"
    assert "the registry's" in said


def test_with_a_gpu_the_registrys_build_is_taken_at_once(machine, run_install, monkeypatch):
    monkeypatch.setattr(gpu, "has_nvidia", lambda: True)
    machine.order(cpu=True)
    run_install("--no-weights")
    assert not machine.commands("index")
    assert not machine.commands("--index-url")


def test_another_index_can_be_named(machine, run_install):
    run_install("--no-weights", "--torch", "https://wheels.example/cu130")
    (command,) = machine.commands("install", "--index-url")
    assert command[-3:] == ["https://wheels.example/cu130", "torch==2.14.1", "torchvision==0.29.1"]


def test_a_gpu_is_seen_by_its_driver_or_by_nvidia_smi(tmp_path, machine):
    assert not gpu.has_nvidia(tmp_path / "none")
    (tmp_path / "gpus" / "0000:01:00.0").mkdir(parents=True)
    assert gpu.has_nvidia(tmp_path / "gpus")
    machine.program("nvidia-smi", "echo 'GPU 0: NVIDIA H100'")
    assert gpu.has_nvidia(tmp_path / "none")
    machine.program("nvidia-smi", "echo 'NVIDIA-SMI has failed'; exit 9")
    assert not gpu.has_nvidia(tmp_path / "none")


def test_a_full_disk_is_seen_before_anything_is_fetched(machine, run_install, monkeypatch):
    usage = type("Usage", (), {"free": 2**30})
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    status, said = run_install("--no-weights", "--torch", "registry")
    assert status == 1
    assert "8.0 GiB are needed" in said
    assert not machine.commands("venv")


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("NewConnectionError: Failed to establish a new connection: Connection refused", "registry cannot be reached"),
        ("ERROR: No matching distribution found for torch==2.14.1", "not offered for this Python"),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 2] No such file or directory: 'C:\\\\a'\n"
            "HINT: This error might have occurred since this system does not have Windows Long Path support enabled.",
            "path is too long for Windows",
        ),
        (
            "ERROR: Could not install packages due to an OSError: Missing dependencies for SOCKS support.",
            "speaks SOCKS",
        ),
        ("ERROR: something never seen before", "see the last lines of the log"),
    ],
)
def test_pips_failures_are_told_in_one_sentence(machine, run_install, output, reason):
    machine.order(fail="torch.txt", message=output)
    status, said = run_install("--no-weights")
    assert status == 1
    assert reason in said
    assert "Traceback" not in said


def test_an_environment_whose_python_is_gone_is_made_anew(machine, run_install):
    run_install("--no-weights")
    (interpreter,) = machine.home.glob("env/*/bin/python")
    interpreter.unlink()
    assert run_install("--no-weights")[0] == 0
    assert interpreter.exists()


def test_another_python_is_looked_for_where_this_one_will_not_do(machine, monkeypatch):
    old = machine.program("python3.9", "echo 3 9 True /usr/bin/python3.9; echo venv")
    monkeypatch.setattr(sys, "executable", str(old))
    with pytest.raises(UserError, match=r"Install Python 3\.12"):
        python.choose()
    machine.program("python3.12", "echo 3 12 True /opt/python3.12; echo venv")
    machine.program("python3.13", "echo 3 13 True /opt/python3.13; echo venv")
    assert python.choose() == ("/opt/python3.12", "3.12", True)


def test_a_command_past_its_time_is_killed_with_all_it_started(tmp_path):
    script = f"sleep 60 & echo $! > {tmp_path}/child; wait"
    with pytest.raises(commands.CommandError):
        commands.run(["/bin/sh", "-c", script], timeout=0.5, own_group=True, environ={"PATH": "/usr/bin:/bin"})
    child = int((tmp_path / "child").read_text())
    status = Path(f"/proc/{child}/stat")
    assert not status.exists() or status.read_text().split()[2] == "Z"


def test_a_stroke_is_drawn_so_that_the_loops_are_compiled_before_the_first_sketch(machine, run_install):
    assert run_install("--no-weights")[0] == 0
    (drawn,) = machine.commands("-c", environment._FIRST_STROKE)
    assert machine.commands("--version")[-1][-2:] == ["clipasso_engine", "--version"]
    done = subprocess.run([sys.executable, *drawn[1:]], cwd=environment.CHECKOUT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
