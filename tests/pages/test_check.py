"""The page Check my experiment: texts in, verdict, concerns and links out."""

from pathlib import Path
from urllib.parse import unquote

import pytest
from streamlit.testing.v1 import AppTest

from alfs_core.experiment import check, read
from alfs_core.experiment.examples import EXAMPLES
from pages.common.workspace import DEFAULT, PARAMETER, decode, encode

ROOT = Path(__file__).parents[2]
BOX, LINKED = "check box", "check_text"


def opened(text: str | None = None) -> AppTest:
    app = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    app.query_params[PARAMETER] = encode(DEFAULT)
    app.run()
    app = app.switch_page("pages/prove/check.py").run()
    return app if text is None else app.get_by_key(BOX).set_value(text).run()


def said(app: AppTest) -> str:
    return "\n".join(element.value for element in app.main.markdown)


def links(app: AppTest) -> list:
    return [link.proto for link in app.main.get("page_link")]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_are_understood(name):
    app = opened().get_by_key(f"example {name}").click().run()

    assert not app.exception
    assert not app.main.error
    assert not app.main.warning
    assert app.get_by_key(BOX).value == EXAMPLES[name]
    assert ":green-badge[:material/check_circle: holds" in said(app)
    for concern in check(read(EXAMPLES[name])):
        assert f"**{concern.title}**" in said(app)


def test_a_refuted_experiment_shows_its_counterexample_and_opens_its_page():
    app = opened("--loss GCE --q 0.7 --noise pair --rate 0.4 --classes 4")
    app.session_state["check not-asymmetric evidence"] = True
    app.run()

    assert not app.exception
    assert "**Not asymmetric on this noise**" in said(app)
    assert "**Counterexample**" in said(app)
    (query, *_) = [link.query_string for link in links(app)]
    held = decode(unquote(query.partition(f"{PARAMETER}=")[2]))
    assert [spec.label for spec in held.losses] == ["GCE (0.7)"]
    assert (held.noise.kind, held.noise.rate, held.num_classes) == ("pair", 0.4, 4)


def uploaded(app: AppTest, name: str, content: bytes) -> AppTest:
    app.file_uploader(key="check file").set_value((name, content, "text/plain"))
    return app.run()


def test_the_text_of_a_file_goes_into_the_box():
    app = uploaded(opened("loss: CE"), "run.yaml", "# é\nloss: GCE\n".encode())

    assert not app.main.error
    assert app.get_by_key(BOX).value == "# é\nloss: GCE\n"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("void.yaml", b"", "void.yaml is empty"),
        ("void.yaml", b" \n\n", "void.yaml is empty"),
        ("bin.log", b"\x00\x9f\x92" * 200, "bin.log is no text in UTF-8: byte 1 is wrong"),
        ("bin.log", b"a\x00b", "bin.log is no text: byte 1 is 0"),
    ],
)
def test_a_file_without_text_is_refused_and_the_box_keeps_its_own(name, content, message):
    app = uploaded(opened("loss: GCE"), name, content)

    assert not app.exception
    assert message in app.main.error[0].value.replace("\\", "")
    assert app.get_by_key(BOX).value == "loss: GCE"
    assert not app.run().main.error


def test_what_is_not_understood_is_said_with_its_place():
    app = opened("loss: AGCE\nnoise_rate: 0.4\nfrobnicate: 3\n")

    assert "frobnicate 3" in app.main.warning[0].value
    assert "line 3" in app.main.warning[0].value


def test_what_the_text_leaves_open_has_no_verdict_and_no_link_to_one():
    app = opened("dataset: frob\nloss: AGCE\nnoise_rate: 0.4\n")

    assert not app.exception
    assert "10 classes (assumed)" in said(app)
    assert "undecided]" in said(app)
    assert ":green-badge" not in said(app)
    assert "**Nothing was tested**" in said(app)
    assert links(app) == []


def test_a_loss_whose_parameter_is_not_allowed_is_called_by_its_name():
    app = opened("loss: AGCE\na: -1\nnoise_rate: 0.4\n")

    assert "**AGCE** ·" in said(app)
    assert "No loss that is known" not in said(app)


@pytest.mark.parametrize(
    "text", ["", "nothing that is read", "{", "--loss", "[](x)<b> --loss $x$ --rate `0.4`"]
)
def test_texts_that_say_nothing_leave_the_page_whole(text):
    app = opened(text)

    assert not app.exception
    assert "A verdict needs a loss and a noise rate" in app.main.info[0].value


def test_a_short_text_is_in_the_address_and_comes_back_from_it():
    text = "--loss MAE --rate 0.4 --dataset cifar100"
    app = opened(text)
    assert app.query_params[LINKED] == text

    again = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    again.query_params[LINKED] = text
    again.run()
    again.query_params[LINKED] = text
    again = again.switch_page("pages/prove/check.py").run()
    assert "**The gradient at the start is tiny**" in said(again)

    long = opened(f"{text} # {'x' * 2000}")
    assert LINKED not in long.query_params
    assert any("link carries" in caption.value for caption in long.main.caption)


def test_a_thing_given_twice_is_a_warning_and_not_left_out():
    app = opened("--loss CE --loss MAE --noise symmetric --rate 0.4 --classes 10")

    assert "**A setting is given twice**" in said(app)
    assert "the last, MAE, counts" in said(app)
    assert not app.main.warning
    assert not app.main.success


def test_the_head_of_a_sum_that_leaks_says_that_it_holds_in_the_limit():
    app = opened("--loss NCE+AGCE --noise pair --rate 0.4 --classes 10")

    assert "holds in the limit]" in said(app)
    assert "where every class keeps a little, it does not" in said(app)


def test_more_classes_than_the_pages_take_are_judged_without_links():
    app = opened("--loss MAE --noise symmetric --rate 0.4 --classes 101")

    assert not app.exception
    assert "101 classes" in said(app)
    assert links(app) == []
    assert any("up to 100 classes" in caption.value for caption in app.main.caption)
