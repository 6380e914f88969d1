"""The extension over many documents in one process, for Inkscape's own Python: its start is most of what a run takes.

    python3 extension_in_batch.py EXTENSION INKEX < runs.json > answers.json

A run is ``{"document", "saved_as", "output", "options"}``. Its answer is the sentence for the user, empty where the
changed document is in ``output``, and the job that the engine was given. The engine is played by `fake_worker`.
"""

import json
import os
import sys
import traceback
import warnings


def main():
    sys.path[:0] = sys.argv[1:]
    warnings.simplefilter("ignore")
    from inkscape_extension import advice
    from inkscape_extension.programs.sketch_image import SketchImage

    answers = []
    for run in json.load(sys.stdin):
        os.environ["DOCUMENT_PATH"] = run["saved_as"]
        told = ""
        try:
            with open(run["output"], "wb") as output:
                SketchImage().run([*run["options"], run["document"]], output)
        except Exception as error:
            known = any(kind.__name__ == "UserError" for kind in type(error).__mro__)
            told = advice.told(error) if known else traceback.format_exc()  # type: ignore[arg-type]
        except SystemExit as end:
            told = f"ended with {end.code!r}"
        answers.append(told)
    json.dump(answers, sys.stdout)


main()
