"""The loss library: every card opens, search finds, and a card's loss goes into the workspace."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from alfs_core.losses import LOSSES, LossSpec
from alfs_core.losses.code import numpy_function, torch_module
from alfs_core.losses.latex import equation
from alfs_core.losses.library import GROUPS, ON_LOGITS
from alfs_core.losses.presets import PRESETS
from alfs_core.losses.sources import cited
from alfs_core.references import bibliography
from pages.common import cards
from pages.common.cards import PROPERTIES, card, default_card, found, tolerated
from pages.common.workspace import DEFAULT, MAX_LOSSES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def one_app() -> AppTest:
    """The page alone: a new AppTest reads every installed package's files, a rerun does not."""
    return AppTest.from_file(ROOT / "pages/reference/library.py", default_timeout=60)


@pytest.fixture
def library(one_app):
    """library(find, *opened): the page after a search, with some cards open."""

    def show(find: str = "", *opened: str, workspace=DEFAULT) -> AppTest:
        one_app.session_state["workspace"] = workspace
        one_app.session_state["find"] = find
        for name in LOSSES:
            one_app.session_state[f"open-{name}"] = name in opened
        one_app.run()
        assert not one_app.exception
        return one_app

    return show


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in app.markdown).replace("\N{NO-BREAK SPACE}", " ")


def workspace(app: AppTest):
    return app.session_state["workspace"]


# ---- cards ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LOSSES)
def test_the_card_of_every_family_opens(library, name):
    app = library(f"{name} {LOSSES[name].title}", name)
    of = default_card(name)

    assert of.reference.text in texts(app)
    assert LOSSES[name].note in texts(app)
    assert of.reference.url in texts(app)
    assert all(f"${p.symbol}$" in texts(app) for p in LOSSES[name].parameters)
    assert all(preset.source in texts(app) for preset in PRESETS.get(name, {}).values())


@pytest.mark.parametrize("name", ["AGCE", "NCE+AUL", "bi-tempered", "LDR"])
def test_a_card_offers_its_reference_and_its_code(library, name):
    app = library(f"{name} {LOSSES[name].title}", name)

    def shown(kind: str) -> str:
        app.segmented_control(key=f"form {name}").set_value(kind).run()
        (code,) = app.code
        return code.value

    assert shown("BibTeX") == bibliography(cited(default_card(name).spec)).strip()
    assert shown("BibTeX").startswith(default_card(name).reference.bibtex)
    assert shown("LaTeX") == equation(default_card(name).spec)
    assert shown("PyTorch") == torch_module(LOSSES[name].build()).strip()
    assert shown("NumPy") == numpy_function(LOSSES[name].build()).strip()


@pytest.mark.parametrize("name", [n for n, f in LOSSES.items() if f.group == ON_LOGITS])
def test_a_loss_on_logits_says_that_the_theory_does_not_apply(library, name):
    app = library(name, name)

    (info,) = app.info
    assert "the theory on the simplex does not apply" in info.value
    assert not app.get("bidi_component")
    assert "Asymmetric on $w$" not in texts(app)


@pytest.mark.parametrize(
    ("name", "dataset", "lines"),
    [
        (
            "AGCE",
            "CIFAR-10",
            [
                r"r(\ell) = \left(\frac{a}{a+1}\right)^{1-q} = 0.6755",
                "1/r = 1.48",
                "symmetric noise up to 85.87 %, pair flips up to 40.32 %",
                r"w_m\,\left(\frac{a}{a+1}\right)^{1-q} \ge w_n",
            ],
        ),
        (
            "AGCE",
            "MNIST",
            ["= 0.8365", "symmetric noise up to 88.27 %, pair flips up to 45.55 %"],
        ),
        ("MAE", None, [r"r(\ell) = 1$", "symmetric noise below 90 %, pair flips below 50 %"]),
        ("CE", None, [r"r(\ell) = 0$", "symmetric noise up to 0 %, pair flips up to 0 %"]),
        ("NCE", None, [r"w_i \text{ equal for all } i \ne m", "pair flips up to 0 %"]),
        ("AMSE", None, [r"a (w_m - w_n) \ge W", "symmetric noise up to 87 %"]),
        ("NCE+AGCE", None, [cards.OPEN.meaning]),
    ],
)
def test_what_a_card_says(library, name, dataset, lines):
    app = library(f"{name} {LOSSES[name].title}", name)
    if dataset:
        app.selectbox(key=f"values-{name}").set_value(dataset).run()

    assert all(line in texts(app) for line in lines)


def test_a_saturating_loss_says_from_where_on_it_is_asymmetric(library):
    """PolySoft's defaults lie beyond λ*(d): the card gives the condition and both numbers."""
    said = texts(library("PolySoft", "PolySoft"))

    assert r"\lambda^*(d) = \frac{\log 2}{1-2^{-(d-1)/d}}" in said
    assert r"$\lambda = 4$ is larger than $\lambda^*(2) = 2.367$" in said


def test_tolerated_rates_follow_the_number_of_classes():
    ten, hundred = (tolerated(card("AGCE", "CIFAR-10"), k) for k in (10, 100))

    assert ten == pytest.approx({"symmetric noise": 0.8587, "pair flips": 0.4032}, abs=5e-5)
    assert hundred["symmetric noise"] == pytest.approx(0.9853, abs=5e-5)


# ---- finding --------------------------------------------------------------------------------


def names(shown):
    return [of.spec.name for of in shown]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("agce", "AGCE"),
        ("asymmetric unhinged", "AUL"),
        ("Sabuncu", "GCE"),
        ("piotr dollar", "FL"),
        ("1952", "CE"),
        ("joint", "JAL-CE"),
    ],
)
def test_a_loss_is_found_by_name_title_author_year_and_idea(words, wanted):
    assert wanted in names(found(words, [], []))


def test_every_word_counts():
    assert names(found("Zhou 2021 exponential", [], [])) == [
        "AEL",
        "NCE+AEL",
        "NFL+AEL",
        "NGCE+AEL",
    ]


def test_what_is_called_so_comes_first_and_a_word_is_no_part_of_another():
    assert names(found("nce", [], []))[:2] == ["NCE", "NCE+MAE"]
    assert names(found("confer", [], []))  # the beginning of a word of the references
    assert not names(found("ference", [], []))
    assert names(found("MAE", [], []))[0] == "MAE"


def test_groups_and_properties_part_the_library():
    groups = [name for group in GROUPS for name in names(found("", [group], []))]
    extents = [e.name for e in (cards.COMPLETE, cards.PARTIAL, cards.NEVER, cards.OPEN)]
    parted = [
        n for extent in [*extents, cards.OUTSIDE.name] for n in names(found("", [], [extent]))
    ]

    assert groups == list(LOSSES)
    assert sorted(parted) == sorted(LOSSES)


def test_properties_are_those_of_the_losses():
    symmetric = {n for n, f in LOSSES.items() if f.group != ON_LOGITS and f.build().is_symmetric()}

    assert set(names(found("", [], ["symmetric"]))) == symmetric
    assert set(names(found("", [], ["symmetric", cards.COMPLETE.name]))) == symmetric & set(
        names(found("", [], [cards.COMPLETE.name]))
    )
    assert all(found("", [], [name]) for name in PROPERTIES)


def test_the_search_box_filters_the_list(library):
    app = library()
    assert f"**{len(LOSSES)}** of {len(LOSSES)} losses" in texts(app)

    app.text_input(key="find").set_value("Sabuncu").run()

    assert "**1** of" in texts(app)
    assert [e.label for e in app.expander] == ["Details"]


def test_nothing_found_says_what_to_do(library):
    (info,) = library("no such loss").info

    assert "take a word or a filter away" in info.value


# ---- into the workspace ---------------------------------------------------------------------


def test_adding_takes_the_numbers_of_the_card(library):
    app = library("AUL unhinged", "AUL")
    app.selectbox(key="values-AUL").set_value("MNIST").run()

    app.button(key="add-AUL").click().run()

    assert workspace(app).losses == (*DEFAULT.losses, LossSpec.of("AUL", a=3, p=0.1))
    assert app.button(key="add-AUL").disabled
    assert app.button(key="add-AUL").help == "It is in the workspace already."


def test_a_seventh_loss_cannot_be_added_and_the_button_says_why(library):
    full = DEFAULT.with_losses((LossSpec.of("CE"),) * MAX_LOSSES)
    app = library("AEL", "AEL", workspace=full)

    button = app.button(key="add-AEL")

    assert button.disabled
    assert button.help == "The workspace holds 6 losses already: replace one."
