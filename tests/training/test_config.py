import contextlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alfs_core.data.source import DataSource
from alfs_core.errors import AlfsError, DataError, DomainError, RunError, TransitionError
from alfs_core.losses import LossSpec
from alfs_core.noise.labels import LabelFile, LabelSource
from alfs_core.noise.transition import LabelNoise
from alfs_core.training.config import RANGES, RunConfig
from alfs_core.training.recipe import RECIPES

configs = st.builds(
    RunConfig,
    source=st.sampled_from((DataSource("local", "c.npz"), DataSource("local", "a/b.zip"))),
    noise=st.builds(
        LabelNoise, st.sampled_from(("none", "symmetric", "pair", "cifar10")), st.floats(0, 1)
    ),
    labels=st.sampled_from(
        (
            LabelSource(),
            LabelSource("instance", rate=0.3),
            LabelSource("human", file=LabelFile("local", "a/cifar10n.npz"), column="aggre"),
        )
    ),
    losses=st.lists(
        st.sampled_from((LossSpec.of("CE"), LossSpec.of("AGCE", a=0.6, q=0.6), LossSpec.of("MAE"))),
        min_size=1,
        max_size=6,
    ).map(tuple),
    images=st.integers(4096, 50_000),
    epochs=st.integers(1, 200),
    batch=st.integers(2, 4096),
    lr=st.floats(1e-6, 10),
    seed=st.integers(0, 2**31 - 1),
    scaling=st.sampled_from(("equal step", "published")),
    model=st.sampled_from(tuple(RECIPES)),
    augmentation=st.sampled_from(("none", "crop and flip")),
    device=st.sampled_from(("auto", "cpu", "mps", "cuda", "cuda:1")),
    fill_time=st.booleans(),
)


@given(configs)
def test_a_config_survives_json(config):
    assert RunConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_what_is_not_given_has_its_default():
    assert RunConfig.from_json({}) == RunConfig()


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("end", [0, 1])
def test_a_number_outside_its_range_is_named(name, end):
    beyond = RANGES[name][end] * 1000 + 1 if end else RANGES[name][0] - 1

    with pytest.raises(RunError, match=f"{name} = .* lies outside"):
        RunConfig.from_json({name: beyond})


@pytest.mark.parametrize(
    ("record", "error", "words"),
    [
        ({"images": 100.5}, RunError, "images = 100.5 is no whole number"),
        ({"images": True}, RunError, "images = True is no whole number"),
        ({"lr": "fast"}, RunError, "lr = 'fast' is no number"),
        ({"lr": float("nan")}, RunError, "lr = nan lies outside"),
        ({"images": 100, "batch": 200}, RunError, "batch = 200 is more than the 100 images"),
        ({"model": "resnet"}, RunError, "model = 'resnet' is none of probe, probe_128, air_3"),
        ({"device": "tpu"}, RunError, "device = 'tpu'"),
        ({"device": "cuda:x"}, RunError, "device = 'cuda:x'"),
        ({"device": 1}, RunError, "device = 1"),
        ({"fill_time": "yes"}, RunError, "fill_time = 'yes' is neither true nor false"),
        ({"augmentation": "mixup"}, RunError, "augmentation = 'mixup' is none of none, crop"),
        ({"scaling": None}, RunError, "scaling = None"),
        ({"losses": []}, RunError, "0 losses were chosen; a race has 1 to 6"),
        ({"losses": [{"name": "CE", "values": {}}] * 7}, RunError, "7 losses"),
        ({"losses": [{"name": "XX", "values": {}}]}, DomainError, "XX"),
        ({"losses": [{"name": "AGCE", "values": {"a": -1}}]}, DomainError, "a = -1"),
        ({"losses": [{}]}, DomainError, "a name and values"),
        ({"losses": 3}, RunError, "cannot be read"),
        ({"noise": {"kind": "symmetric", "rate": 2}}, TransitionError, "2 lies outside"),
        ({"noise": {"kind": "cifar100", "rate": "x"}}, RunError, "cannot be read"),
        ({"source": {"kind": "web"}}, DataError, "web"),
        ({"images": None}, RunError, "images = None"),
        ({"colour": "red"}, RunError, "and no others"),
        ([], RunError, "and no others"),
    ],
)
def test_what_breaks_a_rule_is_named(record, error, words):
    with pytest.raises(error, match=words):
        RunConfig.from_json(record)


def test_noise_that_does_not_fit_the_classes_is_refused_before_the_run():
    three = ((0.8, 0.1, 0.1), (0.1, 0.8, 0.1), (0.1, 0.1, 0.8))

    with pytest.raises(TransitionError, match="3 classes, not 10"):
        RunConfig(noise=LabelNoise("custom", 0.2, three))
    RunConfig(source=DataSource("local", "a.zip"), noise=LabelNoise("custom", 0.2, three))


@given(
    st.dictionaries(
        st.sampled_from([*RANGES, "noise", "losses", "source", "model"]),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=5), inner, max_size=3)
            ),
            max_leaves=5,
        ),
    )
)
def test_any_json_is_read_or_refused_by_an_error_of_ours(record):
    with contextlib.suppress(AlfsError):
        config = RunConfig.from_json(record)
        assert RunConfig.from_json(config.to_json()) == config


@pytest.mark.parametrize("model", RECIPES)
def test_every_recipe_makes_a_run(model):
    config = RunConfig.of(model, seed=3, epochs=7)

    assert config.recipe == replace(RECIPES[model], epochs=7)
    assert (config.model, config.seed) == (model, 3)
    assert RunConfig.of(model).recipe == RECIPES[model]


def test_the_defaults_are_the_recipe_of_the_live_race():
    assert RunConfig() == RunConfig.of("air_3")


def test_length_follows_from_a_speed():
    config = RunConfig(losses=(LossSpec.of("CE"), LossSpec.of("MAE")), images=1000, batch=100)

    assert config.seconds(2000.0) == 1000 * 12 * 2 / 2000
    assert config.seconds(2000.0, found=10**6) == config.seconds(2000.0)
    assert config.seconds(2000.0, found=250) == 200 * 12 * 2 / 2000
    assert config.seconds(2000.0, found=20) == 20 * 12 * 2 / 2000
    assert "CE, MAE" in config.title
    assert "40 % symmetric noise" in config.title


def test_settings_from_before_labels_had_a_source_go_by_their_matrix():
    record = RunConfig(noise=LabelNoise("pair", 0.3)).to_json()
    del record["labels"]

    config = RunConfig.from_json(record)

    assert config.labels == LabelSource()
    assert config.title.endswith("30 % flips to the next class")


def test_a_matrix_that_does_not_fit_matters_only_where_labels_go_by_it():
    three = LabelNoise("custom", 0.0, ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))

    with pytest.raises(TransitionError, match="3 classes, not 10"):
        RunConfig(noise=three)
    config = RunConfig(noise=three, labels=LabelSource("instance", rate=0.4))
    assert config.title.endswith("on Shapes-10, 40 % instance-dependent noise")


def test_human_labels_for_synthetic_images_are_refused():
    human = LabelSource("human", file=LabelFile("local", "cifar10n.npz"))

    with pytest.raises(RunError, match="human labels are for CIFAR-10's images, not for Shapes-10"):
        RunConfig(labels=human)


def test_a_planned_race_has_no_clock_any_more():
    filled = replace(RunConfig(), fill_time=True, time_limit=6.0)

    assert filled.planned(9) == replace(RunConfig(), epochs=9, time_limit=86_400.0)
    assert RunConfig().planned(9) == RunConfig()
