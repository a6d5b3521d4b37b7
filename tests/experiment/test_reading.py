"""Command lines and configs as the published repositories have them are understood."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alfs_core.experiment import Experiment, check, judge, read
from alfs_core.experiment.checks import conclusion
from alfs_core.experiment.names import loss_name
from alfs_core.losses import LOSSES, LossSpec
from alfs_core.noise.transition import LabelNoise
from alfs_core.theory.evidence import Verdict

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


def test_the_apl_program_names_data_and_loss_by_the_config_file():
    e = read("main.py --config_path configs/cifar100/asym --version nfl+rce --noise_rate .3 --asym")

    assert e.spec == LossSpec.of("NFL+RCE", alpha=10, beta=0.1, gamma=0.5)
    assert (e.noise, e.dataset) == (LabelNoise("cifar100", 0.3), "CIFAR-100")


@pytest.mark.parametrize(("folder", "kind"), [("asym", "cifar10"), ("sym", "symmetric")])
def test_the_apl_program_names_the_noise_by_the_config_folder(folder, kind):
    e = read(f"main.py --config_path configs/cifar10/{folder} --version nce+rce --noise_rate .4")

    assert e.noise == LabelNoise(kind, 0.4)
    assert not e.unread


@pytest.mark.parametrize(
    "text",
    [
        CONFIG,
        "main.py --config_path configs/cifar10/sym --version nce+rce --exp_name x",
        "main_real_world.py --dataset webvision --loss NCEandAMSE",
        "loss: AGCE\ndataset: cifar10",
    ],
)
def test_without_a_rate_nothing_is_tested(text):
    e = read(text)

    assert e.noise is None
    assert [(gap.what, gap.why) for gap in e.gaps] == [
        ("the noise rate", "none is given, so nothing was tested")
    ]
    assert conclusion(e) is Verdict.UNDECIDED
    assert "untested" in [concern.key for concern in check(e)]


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("main.py --dataset cifar10 --noise_type human --noise_rate worst --loss AGCE", "worse"),
        ("main.py --dataset cifar10 --noise_type human --noise_rate rand2 --loss AGCE", "random2"),
        ("--dataset cifar10 --noise_type worse_label --loss AGCE", "worse"),
        ("dataset: cifar10n\nnoise_type: aggre\nloss: AGCE", "aggre"),
        ("dataset: CIFAR-10\nnoise: human-random3\nloss: AGCE", "random3"),
    ],
)
def test_labels_by_people_are_those_of_the_lab(text, labels):
    e = read(text)

    assert e.noise is not None
    assert (e.noise.kind, e.unread) == (f"human-{labels}", ())
    assert "by-image" in [concern.key for concern in check(e)]


@pytest.mark.parametrize(
    ("name", "num_classes"),
    {
        "tiny-imagenet": 200,
        "animal-10n": 10,
        "Food101N": 101,
        "mini-webvision": 50,
        "../data/clothing1M": 14,
        "Tiny_ImageNet": 200,
    }.items(),
)
def test_data_sets_of_the_field_and_their_classes(name, num_classes):
    e = read(f"dataset: {name}\nloss: AGCE\nnoise_rate: 0.4\nnoise_type: symmetric")

    assert (e.num_classes, e.assumed, e.unread) == (num_classes, False, ())


def test_no_verdict_for_a_guessed_number_of_classes():
    unknown = read("dataset: frob\nloss: AGCE\nnoise_rate: 0.4")
    told = read("dataset: frob\nnum_classes: 7\nloss: AGCE\nnoise_rate: 0.4")
    silent = read("loss: AGCE\nnoise_rate: 0.4")

    assert (conclusion(unknown), judge(unknown)) == (Verdict.UNDECIDED, None)
    assert (conclusion(told), told.classes) == (Verdict.HOLDS, "7 classes")
    assert (conclusion(silent), silent.classes) == (Verdict.HOLDS, "10 classes (assumed)")


AGCE = LossSpec.of("AGCE", a=0.6, q=0.6)


@pytest.mark.parametrize(
    "text",
    [
        "dataset: cifar10\nnoise_rate: 0.4\nloss:\n  name: AGCE\n  a: 0.6\n  q: 0.6",
        "dataset: cifar10\nnoise_rate: 0.4\nloss:\n\tname: AGCE\n\ta: 0.6\n\tq: 0.6",
        "{dataset: cifar10, noise_rate: 0.4, loss: {type: AGCE, a: 0.6, q: 0.6}}",
        "- dataset: cifar10\n- noise_rate: 0.4\n- loss: AGCE",
        '{"dataset": {"name": "cifar10"}, "noise": {"type": "sym", "rate": 0.4}, "loss": "AGCE"}',
        "loss:\n  _target_: losses.AGCELoss\n  a: 0.6\ndata: cifar10\nnoise: {rate: 40%}",
        "loss=AGCE noise_rate=0.4 dataset=cifar10",
        "python train.py loss=AGCE loss.a=0.6 +noise.rate=0.4 dataset=cifar10",
        "python main.py -l AGCE -r 0.4 -d cifar10",
        "loss = AGCE\nnoise_rate = 40%\ndataset = cifar10",
    ],
)
def test_ordinary_forms_of_one_experiment(text):
    e = read(text)

    assert (e.spec, e.noise, e.num_classes) == (AGCE, LabelNoise("symmetric", 0.4), 10)
    assert not e.unread


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("main.py --objective AGCE --noise_rate 0.4", "objective AGCE"),
        ("main.py --loss AGCE --flipping asym --noise_rate 0.4", "flipping asym"),
        ("main.py --loss AGCE --ds mnist --noise_rate 0.4", "ds mnist"),
        ("for r in 0.2 0.4; do main.py --loss AGCE --noise_rate $r; done", "noise_rate $r"),
        ("for l in CE MAE; do main.py --loss ${l} --noise_rate 0.4; done", "loss ${l}"),
        ("main.py --loss AGCE --a foo --noise_rate 0.4", "a foo"),
        ("- {loss: AGCE, noise_rate: 0.4}\n- {loss: GCE, noise_rate: 0.4}", "loss"),
        ("loss: AGCE\nnoise_rate: 0.4\n---\nloss: GCE", "1 more documents"),
    ],
)
def test_a_verdict_on_the_wrong_experiment_is_withheld(text, what):
    e = read(text)

    assert [gap.what for gap in e.gaps] == [what]
    assert conclusion(e) is Verdict.UNDECIDED


def test_of_a_loss_that_is_not_known_no_parameter_is_said_to_be_without_effect():
    assert [piece.what for piece in read("loss: {name: FROB, a: 1}\nnoise_rate: 0.4").unread] == [
        "loss.name FROB"
    ]


def test_a_rate_in_per_cent():
    (gap,) = read("--loss AGCE --rate 40").gaps

    assert gap.why.endswith("did you mean 0.4?")
    assert read("--loss AGCE --rate 2").gaps[0].why.endswith("did you mean 0.02?")
    assert read("--loss AGCE --rate 7%").noise == LabelNoise("symmetric", 0.07)


@pytest.mark.parametrize("rate", ["1.4", "1.99", "101", "-40"])
def test_a_rate_that_is_hardly_in_per_cent_is_refused_without_a_guess(rate):
    (gap,) = read(f"--loss AGCE --rate {rate}").gaps

    assert gap.why == "a noise rate is a number from 0 to 1"


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
        "torch.nn.CrossEntropyLoss": "CE",
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
        ("--loss AGCE --noise_type asymmetric --rate 0.4", "noise_type asymmetric"),
        ("main.py --dataset cifar10 --noise_type human", "noise_type human"),
        ("main.py --dataset cifar100 --noise_rate noisy100", "noise_rate noisy100"),
        ("--dataset mnist --loss CE --noise worst", "noise worst"),
        ("--dataset cifar10 --loss CE --noise symmetric --rate worst", "rate worst"),
        ("--rate 0.4", "the loss"),
        ("--loss CE", "the noise rate"),
    ],
)
def test_what_is_not_understood_is_named(text, what):
    assert what in [piece.what for piece in read(text).unread]


@pytest.mark.parametrize(
    "text", ["--loss CE --rate 0.1 --rate 0.3", "loss: CE\nrate: 0.1\nrate: 0.3"]
)
def test_the_last_of_two_values_counts_and_is_named(text):
    e = read(text)

    assert e.noise == LabelNoise("symmetric", 0.3)
    assert not e.unread
    assert [(piece.what, piece.why) for piece in e.repeated] == [
        ("rate", "it is given twice; the last, 0.3, counts")
    ]


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
    assert e.gaps or (e.spec is not None and e.noise is not None)
    assert all(concern.sentence for concern in check(e))
