"""Speaks the engine's protocol without drawing anything, and misbehaves on demand. Standard library only.

    python fake_worker.py SCENARIO.json

The scenario: ``width``, ``height`` (of the photo, pixels), ``strokes`` ([[x, y] * 4, ...] in photo pixels),
``stroke_width``, ``abstraction`` (levels beside those asked for), ``seconds`` (it takes, with strokes that move),
``heard`` (a file that gets the messages received, one a line, for the test to read), ``behaviour``.
"""

import json
import os
import subprocess
import sys
import threading
import time

LOOP = "import time\nwhile True: time.sleep(1)"


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def sketch(scenario, level, part="object"):
    strokes = [
        {"points": points, "width": scenario.get("stroke_width", 3.0), "importance": 1.0 / (number + 1)}
        for number, points in enumerate(scenario["strokes"][:level])
    ]
    return {
        "level": level,
        "width": scenario["width"],
        "height": scenario["height"],
        "strokes": strokes,
        "loss": 0.5,
        "part": part,
    }


def main():
    with open(sys.argv[1], encoding="utf-8") as stream:
        scenario = json.load(stream)
    behaviour = scenario.get("behaviour", "")
    if behaviour == "silent":
        time.sleep(3600)
    if behaviour == "garbage":
        print("Welcome to gpu-box!", flush=True)
        time.sleep(3600)
    if behaviour == "die at once":
        sys.exit(3)
    version = "99.0" if behaviour == "other version" else scenario["version"]
    say(type="hello", protocol=99 if behaviour == "other protocol" else 1, version=version)

    if behaviour == "never reads":
        time.sleep(3600)
    stop = threading.Event()
    job = json.loads(sys.stdin.readline())
    heard = open(scenario["heard"], "a", encoding="utf-8")  # noqa: SIM115  open for as long as this process
    heard.write(
        json.dumps(
            {
                "job": job,
                "process": os.getpid(),
                "environment": dict(os.environ),
                "photo_is_there": os.path.isfile(job["photo"]),
            }
        )
    )
    heard.write("\n")
    heard.flush()

    def listen():
        for line in sys.stdin:
            heard.write(line)
            heard.flush()
            stop.set()
        if behaviour != "deaf":
            os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    say(type="stage", name="boundary")
    if behaviour == "user error":
        say(type="error", kind="user", message="The photo is blank. Take another one.")
        return
    if behaviour == "coded error":
        details = {"photo": "a.png", "width": "90000", "height": "9", "most": "64", "plenty": "2048"}
        say(type="error", kind="user", code="photo-too-large", details=details, message="In English.", log="")
        return
    if behaviour == "bug":
        say(type="error", kind="bug", message="ZeroDivisionError", log="/somewhere/engine.log")
        return
    if behaviour == "flood stderr":
        for _ in range(400):
            os.write(2, b"flood " * 2000)
    if behaviour == "dies":
        os.kill(os.getpid(), 9)
    if behaviour in ("hang", "deaf", "children"):
        if behaviour == "children":
            subprocess.Popen([sys.executable, "-c", LOOP])
        say(type="step", step=1, steps=100, loss=1.0, strokes=[])
        if scenario.get("level_before_hang"):
            say(type="level", sketch=sketch(scenario, job["levels"][0]))
        time.sleep(3600)
    if behaviour in ("until stopped", "chatters on"):
        while not stop.wait(0.02) or behaviour == "chatters on":
            say(type="step", step=1, steps=100, loss=1.0, strokes=[])
    say(type="photo", width=scenario["width"], height=scenario["height"])
    begun = time.monotonic()
    while time.monotonic() - begun < scenario.get("seconds", 0) and not stop.is_set():
        shift = 8 * (1 - (time.monotonic() - begun) / scenario["seconds"])
        moved = [[[x + shift, y - shift] for x, y in stroke] for stroke in scenario["strokes"]]
        step = int(100 * (time.monotonic() - begun) / scenario["seconds"])
        say(type="stage", name="optimise")
        say(type="step", step=step, steps=100, level=job["levels"][0], loss=1.0, strokes=moved)
        time.sleep(0.05)
    sketches = [sketch(scenario, level, job["part"]) for level in job["levels"]]
    if job["background_strokes"]:
        sketches.append(sketch(scenario, job["background_strokes"], "background"))
    if behaviour == "broken sketch":
        del sketches[0]["strokes"][0]["points"]
    for one in sketches:
        say(type="level", sketch=one)
    report = {"guidance": "boundary", "steps": 1}
    if job.get("abstraction"):
        report["abstraction"] = [
            sketch(scenario, level, part)
            for part in sorted({one["part"] for one in sketches})
            for level in scenario.get("abstraction", [])
        ]
    say(type="result", sketches=sketches, report=report)


main()
