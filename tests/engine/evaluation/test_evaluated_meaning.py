"""Sketches tell which photo they are of: cup, cat and rocket are told apart at 16 and at 8 strokes."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from skimage import data

from clipasso_engine.contract.job import SketchJob
from clipasso_engine.evaluation import meaning, table, trial

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> table.Document:
    folder, trials = tmp_path_factory.mktemp("photos"), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLIPASSO_HOME", str(folder / "home"))
        for name in ("coffee", "chelsea", "rocket"):
            Image.fromarray(getattr(data, name)()).save(folder / f"{name}.png")
            photo = str(folder / f"{name}.png")
            job = SketchJob(photo, levels=(16, 8), quality="draft", guidance="boundary", device="cpu")
            trials.append(trial.run(name, job, compare=False))
    return table.document(trials, job, "own", {})


def test_each_sketch_leads_to_its_photo(document: table.Document) -> None:
    for photo in document["photos"]:
        assert [drawing["rank"] for drawing in photo["drawings"]] == [1, 1], photo["name"]
    assert [(mean["level"], mean["rank"], mean["first"]) for mean in document["means"]] == [(16, 1, 1), (8, 1, 1)]


def test_the_table_tells_it(document: table.Document) -> None:
    text = table.markdown(document)
    assert "| photo comes first | its rank |" in text
    assert "| 100.0 % | 1.0 |" in text


def test_a_rank_counts_the_photos_that_are_nearer() -> None:
    photos = [np.array(vector, np.float32) for vector in ([1, 0], [0.8, 0.6], [0, 1])]
    sketch = np.array([0.6, 0.8], np.float32)
    assert [meaning.rank(sketch, own, photos) for own in range(3)] == [3, 1, 2]
