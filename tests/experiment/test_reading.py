"""Command lines and configs as the published repositories have them are understood."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alfs_core.experiment import Experiment, check, judge, read
from alfs_core.experiment.names import loss_name
from alfs_core.losses import LOSSES, LossSpec
from alfs_core.noise.transition import LabelNoise

ALFS = r"""
$  python3  main.py --noise_type      symmetric           \
                    --noise_rate      0.4                 \
                    --loss            AGCE                \
"""
APL = r"""
$  python3  train.py   --nr      0.4         \
                       --loss    NCEandRCE   \
                       --alpha   10.0        \
                       --beta    0.1         \
                       --l2_reg              1e-5        \
                       --dataset_type        cifar100    \
                       --run_version         run1        \
                       --seed                123
"""
JAL = "python main.py --dataset cifar10 --noise_type symmetric --noise_rate 0.8 --loss NCEandAMSE"
CONFIG = """
epochs: 120
grad_bound: 5.0
dataset:
  name: DatasetGenerator
  asym: False
  train_batch_size: 128
  data_path: ../datasets/
  dataset_type: 'CIFAR10'
  num_of_workers: 8
model:
  name: ToyModel
  type: $dataset.dataset_type
optimizer:
  name: SGD
  lr: 0.01
  weight_decay: 1.e-4
scheduler:
  name: CosineAnnealingLR
  T_max: $epochs
criterion:
  name: NGCEandMAE
  num_classes: 10
  q: 0.1
  alpha: 1.0
  beta: 1.0
"""


def said(e: Experiment) -> tuple:
    return e.spec, e.noise, e.dataset, e.num_classes, e.code


def test_the_example_of_the_alfs_repository_trains_on_cifar100():
    """Its comment says CIFAR-10, but the program's default is CIFAR-100."""
    spec, noise = LossSpec.of("AGCE", a=0.6, q=0.6), LabelNoise("symmetric", 0.4)

    assert said(read(ALFS)) == (spec, noise, "CIFAR-100", 100, "ALFs")
    assert not read(ALFS).unread


def test_the_example_of_the_apl_repository():
    spec = LossSpec.of("NCE+RCE", alpha=10, beta=0.1)

    assert said(read(APL)) == (spec, LabelNoise("symmetric", 0.4), "CIFAR-100", 100, "APL")
    assert not read(APL).unread


def test_the_example_of_the_jal_repository():
    spec = LossSpec.of("JAL-CE", alpha=1, beta=1, a=30)

    assert said(read(JAL)) == (spec, LabelNoise("symmetric", 0.8), "CIFAR-10", 10, "JAL")
    assert not read(JAL).unread


def test_a_config_of_the_apl_repository():
    e = read(CONFIG + "noise_rate: 0.6\n")
    spec = LossSpec.of("NGCE+MAE", alpha=1, beta=1, q=0.1)

    assert said(e) == (spec, LabelNoise("symmetric", 0.6), "CIFAR-10", 10, "APL")
    assert e.stated_classes == 10
    assert not e.unread
    assert read(CONFIG).noise == LabelNoise("symmetric", 0.0)  # as its program has it


def test_the_apl_program_names_data_and_loss_by_the_config_file():
    e = read("main.py --config_path configs/cifar100/asym --version nfl+rce --noise_rate .3 --asym")

    assert e.spec == LossSpec.of("NFL+RCE", alpha=10, beta=0.1, gamma=0.5)
    assert (e.noise, e.dataset) == (LabelNoise("cifar100", 0.3), "CIFAR-100")


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_of_the_library_is_known_by_its_name(name):
    assert loss_name(name) == name
    assert loss_name(name.lower()) == name


@pytest.mark.parametrize(
    ("published", "ours"),
    {
        "NCEandMAE": "NCE+MAE",
        "NFLandRCE": "NFL+RCE",
        "NGCEandRCE": "NGCE+RCE",
        "NCEandAGCE": "NCE+AGCE",
        "NCEandAUE": "NCE+AUL",
        "NCEandAEL": "NCE+AEL",
        "NCEandAMSE": "JAL-CE",
        "NFLandAMSE": "JAL-FL",
        "NCEandNNCE": "NCE+NNCE",
        "FocalLoss": "FL",
        "NormalizedCrossEntropy": "NCE",
        "NormalizedFocalLoss": "NFL",
        "NormalizedReverseCrossEntropy": "NRCE",
        "GeneralizedCrossEntropy": "GCE",
        "MeanAbsoluteError": "MAE",
        "NormalizedMeanAbsoluteError": "NMAE",
        "ReverseCrossEntropy": "RCE",
        "CrossEntropyLoss": "CE",
        "SCELoss": "SCE",
        "AExpLoss": "AEL",
        "AUELoss": "AUL",
        "ANormLoss": "ANL",
        "nce+rce": "NCE+RCE",
        "DMI": None,
        "GCEandMAE": None,
        "": None,
    }.items(),
)
def test_published_names(published, ours):
    assert loss_name(published) == ours


def test_q_of_the_published_aul_is_p():
    e = read("--loss AUL --a 5.5 --q 3 --rate 0.2")

    assert e.spec == LossSpec.of("AUL", a=5.5, p=3)


def test_alpha_scales_a_single_loss_of_the_apl_program_and_only_there():
    assert read("train.py --nr 0.2 --loss NCE --alpha 10 --dataset_type cifar10").scale == 10
    other = read("--rate 0.2 --loss NCE --alpha 10")
    assert other.scale == 1
    assert [piece.what for piece in other.unread] == ["alpha 10"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("--loss AGCE --rate 0.4 --frobnicate 3", "frobnicate 3"),
        ("--loss AGCE --rate 1.4", "rate 1.4"),
        ("--loss AGCE --rate nan", "rate nan"),
        ("--loss AGCE --rate 0.4 --gamma 2", "gamma 2"),
        ("--loss AGCE --rate 0.4 --a -1", "loss AGCE"),
        ("--loss AGCE --rate 0.4 --a 1e300", "a 1e300"),
        ("--loss TCE --rate 0.4 --t 1e15", "t 1e15"),
        ("--loss AGCE --rate 0.4 --a 900 --q 300", "loss AGCE"),
        ("--loss DMI --rate 0.4", "loss DMI"),
        ("--loss AGCE --rate 0.4 --classes 1", "classes 1"),
        ("--loss AGCE --rate 0.4 --noise_type instance", "noise_type instance"),
        ("--loss AGCE --noise_type asymmetric --rate 0.4", "asymmetric noise"),
        ("main.py --dataset cifar10 --noise_type human --noise_rate worst", "noise_rate worst"),
        ("--rate 0.4", "the loss"),
        ("--loss CE", "the noise rate"),
    ],
)
def test_what_is_not_understood_is_named(text, what):
    assert what in [piece.what for piece in read(text).unread]


def test_the_last_of_two_values_counts():
    assert read("--loss CE --rate 0.1 --rate 0.3").noise == LabelNoise("symmetric", 0.3)


def test_noise_may_be_a_number():
    assert read("loss: CE\nnoise: 0.3").noise == LabelNoise("symmetric", 0.3)


def test_a_typed_formula_is_a_loss():
    e = read("""--loss "formula: (1 - u^q)/q; q = 0.7 in [0.1, 2]" --q 0.5 --rate 0.2""")

    assert e.spec is not None
    assert e.spec.values == (("q", 0.5),)
    assert not e.unread


TOKENS = (
    "--loss --a --q --rate --noise --classes --dataset --alpha --beta AGCE NCE+AMSE JAL-FL ECE+MAE "
    "AUL LC LDR TCE PolySoft symmetric pair flip2 asymmetric cifar10 CIFAR100 mnist webvision 0 "
    "0.4 1 -3 1e300 1e-300 nan inf 0.95 10 100 : = { } [ ] & * ! | > ' \" $ \\ \n formula: u ()"
)
words = st.sampled_from(TOKENS.split(" "))


@given(st.lists(words, max_size=14).map(" ".join) | st.text(max_size=60))
def test_nothing_makes_the_reader_or_the_checks_fail(text):
    e = read(text)
    if e.num_classes > 10:  # keeps the test short
        e = replace(e, noise=None)

    judge(e)
    assert all(concern.sentence for concern in check(e))
