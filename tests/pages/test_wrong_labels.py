"""The choice of wrong labels on Live training, and the look at them before the race."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from alfs_core.data.checksum import sha256
from alfs_core.data.source import DataSource
from alfs_core.errors import DataError
from alfs_core.losses import LossSpec
from alfs_core.noise.human import PUBLISHED, converted, digest_of
from alfs_core.noise.labels import LabelFile, LabelSource
from alfs_core.noise.transition import LabelNoise
from alfs_core.training.config import RunConfig
from alfs_core.training.conversion import open_elsewhere
from alfs_core.training.label_file import LISTS
from pages.common import runs
from pages.common.label_source import in_words
from pages.common.predicted import as_noise, theory_of
from pages.common.workspace import DEFAULT, encode
from tests.pages.test_train import kept, page, text
from tests.training.test_history import STARTED, epoch

N = 1_000


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder of local data with images in their official order, and labels for them."""
    monkeypatch.setenv("ALFLAB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ALFLAB_DATA", str(tmp_path))
    rng = np.random.default_rng(0)
    x, clean = rng.integers(0, 256, (N, 32, 32, 3), np.uint8), rng.permutation(np.arange(N) % 10)
    worse = np.where(rng.random(N) < 0.4, (clean + 1) % 10, clean)
    lists = {"clean": clean, "worse": worse, "aggre": clean}
    for name, labels in lists.items():
        monkeypatch.setitem(PUBLISHED, name, digest_of(labels))
    arrays = {"x_train": x, "y_train": clean, "x_test": x[:50], "y_test": clean[:50]}
    np.savez(tmp_path / "images.npz", **arrays, index_train=np.arange(N))
    np.savez(tmp_path / "strange.npz", **arrays)
    np.savez(tmp_path / "cifar10n.npz", **lists)
    runs.manager.clear()
    yield tmp_path
    runs.manager().close()
    runs.manager.clear()


def look(app: AppTest) -> AppTest:
    """The page with the expander open."""
    app.session_state["look at labels"] = True
    return app.run()


def images(app: AppTest, name: str) -> AppTest:
    box = next(b for b in app.selectbox if b.label == "Images")
    return box.select_index(box.options.index(name)).run()


def pictures(app: AppTest) -> list[str]:
    html = "".join(str(e.proto.body) for e in app.main if e.type == "html")
    return html.split("<figure>")[1:]


def test_nothing_is_computed_before_it_is_asked_for(monkeypatch):
    monkeypatch.setattr("pages.common.wrong_labels.inspect", None)

    app = page("live", train_images_air_3="1000")

    assert not app.exception
    assert "labels are wrong" not in text(app)


def test_the_theory_speaks_before_any_image_is_read(monkeypatch):
    monkeypatch.setattr("pages.common.wrong_labels.inspect", None)
    app = page("live", w=encode(DEFAULT.with_noise("symmetric", 0.6)))
    images(app, "CIFAR-10: the official archive, a download of 170 MB")
    said = text(app)

    assert not app.exception
    assert "CE: not tolerant" in said
    assert "AGCE: tolerant" in said
    assert "**What the theory says on this noise**" in said
    assert "With CE no label is proved to keep the clean minimiser" in said
    app.session_state["theory evidence 0"] = True
    app.run()
    assert not app.exception
    assert "On label 0, which decides" in text(app)
    assert "Counterexample" in text(app)


def test_of_images_that_have_not_told_their_classes_the_theory_says_so():
    app = images(page("live"), "images.npz")

    assert not app.exception
    assert "For 10 classes: whether these images have as many, their file tells." in text(app)


def test_labels_by_class_are_counted_shown_and_judged():
    app = look(page("live", train_images_air_3="1000"))

    assert not app.exception
    assert "**400 of 1,000 labels are wrong: 40 %.**" in text(app)
    assert "with exact counts" in text(app)
    assert "What the theory says on this noise" in text(app)
    assert "certifies nothing" not in text(app)


def test_labels_by_image_say_that_the_average_does_not_certify_them():
    app = look(page("live", train_images_air_3="1000", train_labels="by image"))
    said = text(app)

    assert not app.exception
    assert "at a mean rate of 0.4. Choose other losses in the sidebar" in said
    assert "the average certifies nothing for this race" in said
    assert "of the images the clean label is not the likeliest" in said
    assert "every image had the average row\\. With CE no label is proved to keep" in said
    assert "certified on 0 % of images" in said


def test_human_labels_are_matched_and_their_own_rate_is_told():
    app = images(page("live", train_images_air_3="1000", train_labels="by people"), "images.npz")
    app = look(app)
    said = text(app)

    assert not app.exception
    assert "with the labels that people gave (CIFAR-10N worst human labels)" in said
    assert "CIFAR-10N worst human labels (cifar10n\\.npz), matched by the index in the file" in said
    assert "labels are wrong: 3" in said or "labels are wrong: 4" in said
    assert "Of the row of a single image nothing is known" in said


def test_each_picture_tells_both_labels():
    shown = pictures(look(page("live", train_images_air_3="1000")))

    assert len(shown) == 18
    assert all('src="data:image/png;base64,' in one and 'alt="an image of ' in one for one in shown)
    assert all("given <b>" in one and "true " in one for one in shown)


def test_images_without_an_order_are_refused_with_the_reason():
    app = look(
        images(page("live", train_images_air_3="1000", train_labels="by people"), "strange.npz")
    )

    assert "nothing says which training image of strange" in text(app)


def test_synthetic_images_have_no_human_labels():
    app = page("live", train_labels="by people")

    assert "human labels are for CIFAR-10's images, not for Shapes-10" in text(app)
    assert not [b for b in app.button if b.label == "Start the race"]


def test_without_a_file_of_labels_the_race_waits(folder):
    for name in ("images", "strange", "cifar10n"):
        (folder / f"{name}.npz").unlink()

    app = page("live", train_labels="by people")

    assert "No file of labels is at hand" in text(app)
    assert "It waits for a file of human labels" in text(app)
    assert not [b for b in app.button if b.label == "Start the race"]


def test_the_likely_file_of_labels_comes_first():
    app = page("live", train_labels="by people")

    (files,) = [box for box in app.selectbox if box.label == "File of labels"]
    assert files.options == ["cifar10n.npz", "images.npz", "strange.npz"]


def test_a_custom_matrix_of_other_classes_does_not_stand_in_the_way():
    thirds = LabelNoise("custom", 0.4, ((0.6, 0.4, 0.0), (0.0, 0.6, 0.4), (0.4, 0.0, 0.6)))

    assert in_words(LabelSource(), thirds) == "with your own noise matrix"
    assert "mean rate of 0.3" in in_words(LabelSource("instance", rate=0.3), thirds)


# ---- in the results -------------------------------------------------------------------------


def test_the_prediction_of_a_run_on_human_labels_is_that_of_their_average():
    human = LabelSource("human", file=LabelFile("local", "cifar10n.npz"))
    config = RunConfig.of("air_3", source=_local(), labels=human)
    light = replace(STARTED, label_counts=((6, 4), (4, 6)))
    heavy = replace(STARTED, label_counts=((4, 6), (6, 4)))
    config = replace(config, losses=tuple(map(_spec, ("CE", "MAE"))))

    assert theory_of(config, light) == ["not tolerant, on average", "tolerant, on average"]
    assert theory_of(config, heavy) == ["does not apply, on average"] * 2


def test_counts_become_their_shares():
    noise = as_noise(np.array([[3, 1], [0, 4]]))

    np.testing.assert_allclose(noise.transition(2), [[0.75, 0.25], [0, 1]])
    assert noise.rate == pytest.approx(0.125)


def _local():
    return DataSource("local", "images.npz")


def _spec(name):
    return LossSpec.of(name)


def test_the_record_of_a_run_says_how_its_labels_were_made():
    told = replace(
        STARTED,
        label_kind="human",
        label_description="people's labels, matched by the order of the archive",
        label_checksum="0123456789abcdef" * 4,
    )
    app = page("live", run=kept(runs.manager().store, told, epoch(0, 1, 0.25)))

    assert "(people's labels, matched by the order of the archive, SHA-256 0123456789ab …)" in text(
        app
    )


# ---- the authors' file ----------------------------------------------------------------------


def test_a_torch_file_is_opened_by_another_process(folder):
    torch.save({name: np.arange(20) % 10 for name in LISTS}, folder / "human.pt")
    source = LabelSource("human", file=LabelFile("local", "human.pt"))

    open_elsewhere(source)

    with np.load(converted(sha256(folder / "human.pt"))) as arrays:
        assert arrays["worse"].tolist() == list(range(10)) * 2


def test_what_the_other_process_refuses_is_said(folder):
    torch.save([1], folder / "bad.pt")

    with pytest.raises(DataError, match=r"^bad\.pt holds a list, not a dictionary"):
        open_elsewhere(LabelSource("human", file=LabelFile("local", "bad.pt")))
