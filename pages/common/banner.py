"""The banner of a lesson above its page: what to look at, a question, the way on."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.common import controls, lecture, session
from pages.common.cache import cached
from pages.common.lessons import LESSONS, TOUR, Facts, Lesson, course
from pages.common.scenes import address
from pages.common.show import plain

SCENE = "scene"
_PATH = "path of the last run"
HOME = "pages/start/home.py"
STYLE = lecture.ASSETS / "banner.css"


@cached
def facts_of(key: str) -> Facts:
    """The numbers of a lesson."""
    return LESSONS[key].facts


def words(lesson: Lesson, text: str) -> str:
    """A text of the lesson with its numbers."""
    return text.format(**facts_of(lesson.key))


def place(lesson: Lesson) -> tuple[str, dict[str, str]]:
    """The page of a lesson and the parameters of its address, in the present mode."""
    file, query = address(lesson.scene)
    asked = {name: value for name, value in (query | dict(lesson.options)).items() if value}
    return file, asked | {SCENE: lesson.key} | lecture.flag()


def banner(path: str) -> None:
    """Show the lesson that the address of the page names; nothing where it names none."""
    key = st.query_params.get(SCENE)
    lesson = LESSONS.get(key or "")
    _refresh_address(path)
    if key is not None and lesson is None:
        st.warning(f"There is no scene called “{plain(key[:40])}”.", icon=":material/link_off:")
    if lesson is None:
        if lecture.on():
            link("leave", "Leave", "close_fullscreen", HOME, {lecture.LECTURE: "0"})
        return
    with st.container(border=True, gap="small", key="lesson"):
        st.html(STYLE)
        head(lesson)
        st.markdown(words(lesson, lesson.look))
        question(lesson)
    if lecture.on():  # which has no sidebar
        with st.container(key="lecture-rate"):
            controls.rate_picker(session.current())


def _refresh_address(path: str) -> None:
    """A link to the page that is shown already leaves the address bar as it was: tell it again."""
    if st.session_state.get(_PATH) == path and SCENE in st.query_params:
        st.query_params[SCENE] = st.query_params[SCENE]
    st.session_state[_PATH] = path


def head(lesson: Lesson) -> None:
    """Which lesson it is, and the links to the others."""
    lessons = course(lesson)
    at = lessons.index(lesson)
    kind = "Step" if lessons is TOUR else "Scene"
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.markdown(
            f":small[{kind} {at + 1} of {len(lessons)}]  \n**{lesson.title}**", width="content"
        )
        with st.container(horizontal=True, width="content", gap="small"):
            step("previous", "Previous", "arrow_back", lessons[at - 1] if at else None)
            step("again", "Restart", "restart_alt", lesson)
            following = lessons[at + 1] if at + 1 < len(lessons) else None
            step("next", "Next", "arrow_forward", following)
            mode(lesson)


def step(key: str, label: str, icon: str, lesson: Lesson | None) -> None:
    """A link to a lesson; without one, its place stays."""
    if lesson is None:
        link(f"no-{key}", label, icon, HOME, {}, disabled=True)
    else:
        link(key, label, icon, *place(lesson), help=f"{lesson.title}. {lesson.scene.about}")


def mode(lesson: Lesson) -> None:
    """Into lecture mode and out of it, on the same lesson."""
    file, query = place(lesson)
    if lecture.on():
        stay = {name: value for name, value in query.items() if name != lecture.LECTURE}
        link("leave", "Leave", "close_fullscreen", file, stay)
    else:
        link("lecture", "Lecture", "open_in_full", file, query | {lecture.LECTURE: "1"})


def link(key: str, label: str, icon: str, file: str, query: dict[str, str], **more: Any) -> None:
    """A link that a key of lecture mode finds by its name."""
    with st.container(width="content", key=f"lesson-{key}"):
        st.page_link(file, label=label, icon=f":material/{icon}:", query_params=query, **more)


@st.fragment
def question(lesson: Lesson) -> None:
    """What to predict; the answer on a click."""
    shown = f"revealed {lesson.key}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"*{words(lesson, lesson.question)}*", width="content")
        if not st.session_state.get(shown):
            st.button(
                "Reveal",
                icon=":material/visibility:",
                key="lesson reveal",
                on_click=st.session_state.__setitem__,
                args=(shown, True),
            )
    if st.session_state.get(shown):
        st.markdown(words(lesson, lesson.answer))
