# Plays a Python: makes environments that hold itself, and a pip that writes files instead of fetching packages.
# The folder that the variable STAND_IN names has orders.json (what to fail at) and gets asked.jsonl (what was asked).
import json
import os
import shutil
import sys
import time
from pathlib import Path

FOLDER = Path(os.environ["STAND_IN"])
ORDERS = json.loads((FOLDER / "orders.json").read_text())
HERE = Path(sys.argv[0]).parent.parent
PACKAGES = HERE / "lib" / "site-packages"
WORDS = sys.argv[1:]

marker = Path(os.environ.get("CLIPASSO_HOME", "/nowhere"), "INCOMPLETE").exists()
with open(FOLDER / "asked.jsonl", "a") as asked:
    print(json.dumps({"words": WORDS, "marker": marker, "environment": sorted(os.environ)}), file=asked)


def is_ordered(kind):
    return ORDERS.get(kind) in (*WORDS, *(word.rpartition("/")[2] for word in WORDS))


if is_ordered("sleep"):
    time.sleep(60)
if is_ordered("fail"):
    print(ORDERS.get("message", "something broke"))
    sys.exit(1)

text = " ".join(WORDS)
if "ensurepip" in text:
    # The real question, so that its answer is a real one; without venv it ends as Debian's Python does.
    question = text[text.index("import sys") :].replace("sys.executable", "sys.argv[0]")
    exec(question.replace("ensurepip", "no_such_module") if ORDERS.get("no_venv") else question)
elif "pip._vendor.packaging" in text:
    print(json.dumps([number < 2 for number, _marker in enumerate(json.loads(WORDS[-1]))]))
elif "sysconfig" in text:
    print(PACKAGES)
elif "-m venv" in text:
    environment = Path(WORDS[-1])
    (environment / "bin").mkdir(parents=True)
    (environment / "lib" / "site-packages").mkdir(parents=True)
    shutil.copy(sys.argv[0], environment / "bin" / "python")
elif "pip index" in text:
    print("torch (2.14.1+cpu)" if ORDERS.get("cpu") else "torch (2.14.1)")
    print("Available versions: 2.14.1+cpu, 2.13.0+cpu" if ORDERS.get("cpu") else "Available versions: 2.14.1, 2.13.0")
elif "pip install" in text and "--no-build-isolation" in WORDS:
    shutil.rmtree(PACKAGES / "clipasso_engine", ignore_errors=True)
    shutil.copytree(Path(WORDS[-1]) / "clipasso_engine", PACKAGES / "clipasso_engine")
    (PACKAGES / "clipasso_inkscape-1.dist-info").mkdir(exist_ok=True)
    (PACKAGES / "clipasso_inkscape-1.dist-info" / "RECORD").write_text("")
elif "pip install" in text:
    (PACKAGES / "some_package.py").write_text("made = True\n")
    (PACKAGES / "skimage" / "data").mkdir(parents=True, exist_ok=True)
    (PACKAGES / "skimage" / "data" / "coffee.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + bytes(8) + bytes([0, 0, 2, 88, 0, 0, 1, 144])
    )
elif "clipasso_engine sketch" in text:
    strokes = "".join('<path d="M 0,0 C 1,1 2,2 3,3"/>' for _ in range(16))
    namespace = "https://clipasso-inkscape.org/ns/sketch"
    Path(WORDS[WORDS.index("-o") + 1]).write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:c="{namespace}">'
        f'<g id="layer" c:strokes="16" c:seed="0">{strokes}</g></svg>'
    )
    Path(WORDS[WORDS.index("--png") + 1]).write_bytes(b"png")
elif "clipasso_engine models fetch" in text:
    print("clip-rn101 could not be fetched")
    sys.exit(1)
