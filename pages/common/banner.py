"""The banner of a lesson above its page: what to look at, a question, the way on."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.common import controls, lecture, parts, session
from pages.common.cache import cached
from pages.common.lessons import LESSONS, TOUR, Facts, Lesson, course
from pages.common.navigation import HOME, Entry
from pages.common.scenes import address, workspace
from pages.common.show import plain, unbroken
from pages.common.workspace import PARAMETER

SCENE = "scene"
_PATH = "path of the last run"
HOME_FILE = f"pages/{HOME.file}"
STYLE = lecture.ASSETS / "banner.css"


@cached
def facts_of(key: str) -> Facts:
    """The numbers of a lesson."""
    return LESSONS[key].facts


def words(lesson: Lesson, text: str) -> str:
    """A text of the lesson with its numbers."""
    return unbroken(text.format(**facts_of(lesson.key)))


def place(lesson: Lesson) -> tuple[str, dict[str, str]]:
    """The page of a lesson and the parameters of its address, in the present mode."""
    file, query = address(lesson.scene)
    asked = {name: value for name, value in (query | dict(lesson.options)).items() if value}
    return file, asked | {SCENE: lesson.key} | parts.flags()


def open_address(entry: Entry) -> None:
    """Go to the prepared place of a lesson that the address names without it, or elsewhere."""
    lesson = LESSONS.get(st.query_params.get(SCENE, ""))
    if lesson is None:
        return
    file, query = place(lesson)
    if PARAMETER not in st.query_params or file != f"pages/{entry.file}":
        st.switch_page(file, query_params=query)


def banner(entry: Entry) -> None:
    """Show the lesson that the address of the page names; without one, what a lecture needs."""
    key = st.query_params.get(SCENE)
    lesson = LESSONS.get(key or "")
    _refresh_address(entry.path)
    if lesson is not None and st.query_params.to_dict() == place(lesson)[1]:
        session.restore_options()
    if key is not None and lesson is None:
        st.warning(f"There is no scene called “{plain(key[:40])}”.", icon=":material/link_off:")
    if lesson is not None and not parts.hidden("banner"):
        st.html(STYLE)
        with st.container(border=True, gap="small", key="lesson"):
            head(lesson)
            body(lesson)
    elif parts.hidden("sidebar") and not parts.hidden("banner"):
        st.html(STYLE)
        bare(entry)


def bare(entry: Entry) -> None:
    """What takes the place of the sidebar where there is no lesson."""
    with st.container(horizontal=True, vertical_alignment="top", key="lesson-head"):
        if not entry.own:
            rate()
        if lecture.on():
            with links():
                open_controls()
                link(
                    "leave", "Leave", "close_fullscreen", HOME_FILE, {lecture.LECTURE: lecture.OFF}
                )


def _refresh_address(path: str) -> None:
    """A link to the page that is shown already leaves the address bar as it was: tell it again."""
    if st.session_state.get(_PATH) == path and SCENE in st.query_params:
        st.query_params[SCENE] = st.query_params[SCENE]
    st.session_state[_PATH] = path


def head(lesson: Lesson) -> None:
    """Which lesson it is, the noise rate where no sidebar has it, and the links to the others."""
    lessons = course(lesson)
    at = lessons.index(lesson)
    kind = "Step" if lessons is TOUR else "Scene"
    moved = session.current() != workspace(lesson.scene)
    kept = " · the words are of the scene as prepared" if moved else ""
    with st.container(horizontal=True, vertical_alignment="top", key="lesson-head"):
        title = unbroken(lesson.title)
        st.markdown(f":small[{kind} {at + 1} of {len(lessons)}{kept}]  \n**{title}**")
        if parts.hidden("sidebar"):
            rate()
        with links():
            step("previous", "Previous", "arrow_back", lessons[at - 1] if at else None)
            step("moved" if moved else "again", "Restart", "restart_alt", lesson)
            following = lessons[at + 1] if at + 1 < len(lessons) else None
            step("next", "Next", "arrow_forward", following)
            open_controls()
            mode(lesson)


def links() -> st.delta_generator.DeltaGenerator:
    """Their row, in the same place for every lesson."""
    return st.container(
        horizontal=True,
        vertical_alignment="center",
        width="content",
        gap="small",
        key="lesson-links",
    )


def rate() -> None:
    """The noise rate, as the sidebar has it."""
    with st.container(key="lesson-rate"):
        controls.rate_picker(session.current())


def open_controls() -> None:
    """The controls of the page, which a lecture puts away."""
    if parts.openable():
        st.button(
            "Controls",
            icon=":material/tune:",
            key="lesson controls",
            help="Shows the controls of the page, or puts them away.",
            on_click=parts.switch_controls,
        )


def step(key: str, label: str, icon: str, lesson: Lesson | None) -> None:
    """A link to a lesson; without one, its place stays."""
    if lesson is None:
        link(f"no-{key}", label, icon, HOME_FILE, {}, disabled=True)
    else:
        link(key, label, icon, *place(lesson), help=f"{lesson.title}. {lesson.scene.about}")


def mode(lesson: Lesson) -> None:
    """Into lecture mode and out of it, on the same lesson."""
    file, query = place(lesson)
    if lecture.on():
        stay = {name: value for name, value in query.items() if name != lecture.LECTURE}
        link("leave", "Leave", "close_fullscreen", file, stay)
    else:
        link("lecture", "Lecture", "open_in_full", file, query | {lecture.LECTURE: lecture.ON})


def link(key: str, label: str, icon: str, file: str, query: dict[str, str], **more: Any) -> None:
    """A link that a key of lecture mode finds by its name."""
    with st.container(width="content", key=f"lesson-{key}"):
        st.page_link(file, label=label, icon=f":material/{icon}:", query_params=query, **more)


def body(lesson: Lesson) -> None:
    """What to look at; beside it the question, and on a click its answer."""
    look, asked = st.columns(2, gap="medium")
    with look:
        st.markdown(words(lesson, lesson.look))
    with asked:
        question(lesson)


@st.fragment
def question(lesson: Lesson) -> None:
    """What to predict; the answer on a click."""
    shown = f"revealed {lesson.key}"
    st.markdown(f"*{words(lesson, lesson.question)}*")
    if st.session_state.get(shown):
        st.markdown(words(lesson, lesson.answer))
    else:
        st.button(
            "Reveal",
            icon=":material/visibility:",
            key="lesson reveal",
            on_click=st.session_state.__setitem__,
            args=(shown, True),
        )
