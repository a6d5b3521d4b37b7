"""Every term of the field that a page uses is explained there on hover."""

import json
from collections.abc import Iterator

import pytest
from streamlit.testing.v1.element_tree import Node

from benchmarks.pages import SCENES, Scene
from pages.common.glossary import TERMS, used
from tests.pages.test_address import opened

READ = {"Markdown", "Caption", "Title", "Header", "Subheader", "Info", "Warning", "Success"}

pytestmark = pytest.mark.usefixtures("races")


def elements(node: Node) -> Iterator[Node]:
    for child in getattr(node, "children", {}).values():
        yield child
        yield from elements(child)


def words(node: Node) -> str:
    """What a reader sees of an element: its label, its sentences, the caption of a figure."""
    said = [getattr(node, "label", "")]
    if type(node).__name__ in READ:
        said.append(node.value)
    if getattr(node.proto, "component_name", "") == "alf_chart":
        said.append(json.loads(node.proto.bytes)["caption"])
    return " ".join(text for text in said if isinstance(text, str))


def explained(node: Node) -> str:
    return getattr(node, "help", "") or getattr(node.proto, "help", "") or ""


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.title)
def test_every_term_is_explained_where_it_is_used(scene: Scene):
    app = opened(f"pages/{scene.page}", **dict(scene.options))
    shown = [node for node in elements(app._tree) if hasattr(node, "proto")]
    said = " . ".join(map(words, shown))
    told = " ".join([said, *map(explained, shown)])
    terms = used(said)

    assert terms
    assert [term for term in terms if TERMS[term].markdown not in told] == []


@pytest.mark.parametrize("name", ["threshold", "margin"])
def test_terms_say_what_holds_at_equality(name):
    assert "still a minimiser" in TERMS[name].meaning
