"""Check my experiment: a command line or a config, and what the theory says of it beforehand."""

from __future__ import annotations

import streamlit as st

from alfs_core.errors import DataError
from alfs_core.experiment import Concern, Experiment, Gravity, check, judge, read
from alfs_core.experiment.checks import conclusion, limit_alone, reach
from alfs_core.experiment.examples import EXAMPLES
from alfs_core.experiment.settings import MAX_TEXT
from alfs_core.noise.estimation import decoded
from alfs_core.noise.transition import KINDS
from alfs_core.theory.cards import Scene
from alfs_core.theory.evidence import Finding, Verdict
from pages.common import session, verdicts
from pages.common.cache import cached
from pages.common.kept import KEPT
from pages.common.report import experiment_button
from pages.common.scenes import address
from pages.common.show import plain, refusals, refused_later, show_refused, text
from pages.common.workspace import MAX_CLASSES, label

LINKED = "check_text"
MAX_LINKED = 1_500  # characters of a text that a link carries
BOX, FILE = "check box", "check file"
SEEN = {
    "tolerance": "Open in Noise tolerance",
    "asymmetry": "Open in Asymmetry ratio",
    "surfaces": "Open in Loss surfaces",
}
ICONS = {
    Gravity.REFUTED: ":red[:material/cancel:]",
    Gravity.RISK: ":orange[:material/warning:]",
    Gravity.NOTE: ":blue[:material/info:]",
}

read_once = cached(read)


@cached
def concerns_of(pasted: str) -> tuple[Concern, ...]:
    return check(read(pasted))


# ---- choose ---------------------------------------------------------------------------------


def paste_box() -> str:
    """The text: typed, uploaded, from the link, or one of the examples."""
    linked = st.query_params.get(LINKED)
    if BOX not in st.session_state:
        put(EXAMPLES["ALFs repository"] if linked is None else linked)
    elif session.went_back() and linked is not None:
        put(linked)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("As they read in", width="content")
        for name, example in EXAMPLES.items():
            st.button(name, key=f"example {name}", on_click=put, args=(example,), type="tertiary")
    pasted = st.text_area(
        "Command line or config",
        key=BOX,
        **KEPT,
        height=170,
        max_chars=MAX_TEXT,
        help="A command line, YAML, JSON, or arguments as a program prints them. It is only read, "
        "never run.",
    )
    st.file_uploader(
        "or a file",
        type=["yaml", "yml", "json", "txt", "sh", "cfg", "ini", "log"],
        key=FILE,
        on_change=put_file,
        max_upload_size=1,
    )
    show_refused(FILE)
    return pasted or ""


def put(words: str) -> None:
    st.session_state[BOX] = words


def put_file() -> None:
    """Put a file's text into the box; one without text is refused, and the box stays as it is."""
    file = st.session_state[FILE]
    if file is not None:
        with refused_later(FILE):
            put(text_of(file.name, file.getvalue()))


def text_of(name: str, content: bytes) -> str:
    """The text of a file, as far as the box holds it; DataError where there is none."""
    words = decoded(name, content)
    if not words.strip():
        raise DataError(f"{name} is empty")
    return words[:MAX_TEXT]


def link(pasted: str) -> None:
    """Keep a short text in the address, so that the link opens this very check."""
    if len(pasted) <= MAX_LINKED:
        st.query_params[LINKED] = pasted
    else:
        st.query_params.pop(LINKED, None)
        st.caption(f"The link carries texts of up to {MAX_LINKED:,} characters, not this one.")


# ---- show -----------------------------------------------------------------------------------


def show_verdict(of: Experiment) -> None:
    """The verdict on the whole, with its evidence; or what is missing for one."""
    if of.spec is None and of.noise is None:
        st.info(
            "A verdict needs a loss and a noise rate: see what was not taken.",
            icon=":material/help:",
        )
        return
    tolerance = judge(of)
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(heading(of), width="content")
            limit = "holds in the limit" if limit_alone(tolerance) else None
            verdicts.badge(conclusion(of), limit)
        if of.gaps:
            return
        if tolerance is None:
            st.markdown("The theory on the simplex does not apply to a loss on logits.")
            return
        st.markdown(plain(words(of)))
        known(tolerance.findings[tolerance.worst], "verdict")
        see(of, "tolerance")
        if of.num_classes > MAX_CLASSES:
            st.caption(f"The other pages take up to {MAX_CLASSES} classes.")


def heading(of: Experiment) -> str:
    """The loss, the noise and the classes that the verdict is about."""
    named = next(
        (row.value for row in of.understood if row.what == "Loss"), "No loss that is known"
    )
    name = f"**{plain(label(of.spec) if of.spec else named)}**"
    noise = "noise left open"
    if of.noise is not None:
        noise = f"{KINDS[of.noise.kind].title}, $\\eta = {of.noise.rate:g}$"
    return f"{name} · {noise} · {plain(of.classes)}"


def words(of: Experiment) -> str:
    """What the verdict means, and how far the noise could go."""
    tolerance = judge(of)
    assert tolerance is not None
    said = {
        Verdict.HOLDS: "Every class keeps its clean minimiser under this noise",
        Verdict.FAILS: "The noisy risk draws the best prediction away from the clean answer",
        Verdict.UNDECIDED: "It is neither proved nor refuted",
        Verdict.UNDEFINED: "The question does not arise: clean labels do not dominate",
    }[conclusion(of)]
    if limit_alone(tolerance):
        fails = tolerance.verdict is Verdict.FAILS
        above = "does not" if fails else f"is {tolerance.verdict.value}"
        said += f", in the limit of unbounded logits; where every class keeps a little, it {above}"
    return f"{said}. {reach(of)}".strip()


def known(finding: Finding, key: str) -> None:
    verdicts.on_demand(f"check {key} evidence", lambda: verdicts.evidence_of(finding))


def see(of: Experiment, page: str, concern: Concern | None = None) -> None:
    """A link to the page that shows it, with this experiment as the workspace."""
    if of.gaps or of.spec is None or of.noise is None or of.num_classes > MAX_CLASSES:
        return
    better = (concern.better,) if concern and concern.better else ()
    scene = Scene(page, (of.spec, *better), "", of.noise, of.num_classes)
    file, query = address(scene)
    st.page_link(file, label=SEEN[page], icon=":material/arrow_forward:", query_params=query)


def show_concern(of: Experiment, concern: Concern) -> None:
    with st.container(border=True, gap="small"):
        st.markdown(f"{ICONS[concern.gravity]} **{concern.title}**")
        st.markdown(plain(concern.sentence))
        if concern.finding is not None:
            known(concern.finding, concern.key)
        see(of, concern.page, concern)


def show_understood(of: Experiment) -> None:
    st.table(
        {
            "What": [plain(row.what) for row in of.understood],
            "Value": [plain(row.value) for row in of.understood],
            "From": [plain(row.source) for row in of.understood],
        },
        hide_index=True,
        border="horizontal",
        alt="What was understood of the text, and where each value comes from",
    )
    if of.unread:
        places = [f" ({plain(u.place)})" if u.place else "" for u in of.unread]
        lines = [
            f"- **{plain(u.what)}**{at}: {plain(u.why)}"
            for u, at in zip(of.unread, places, strict=True)
        ]
        told = "\n".join(("**Not taken from the text**", "", *lines))
        st.warning(told, icon=":material/question_mark:")


st.title("Check my experiment", anchor=False)
text(
    "Paste the command line or the config of a training run with noisy labels: the loss, the noise "
    "and the data set are read from it, and what the theory knows is said before the first epoch.",
    "noise tolerant",
    "asymmetric loss",
)
pasted = paste_box()
link(pasted)
with refusals():
    experiment = read_once(pasted)
    left, right = st.columns([7, 5], gap="large")
    with left:
        show_verdict(experiment)
        carried = len(pasted) <= MAX_LINKED
        experiment_button(experiment, **({LINKED: pasted} if carried else {}))
        found = concerns_of(pasted)
        for one in found:
            show_concern(experiment, one)
        if not (found or experiment.unread) and experiment.spec and experiment.noise:
            st.success("Nothing else to warn of.", icon=":material/done_all:")
    with right:
        st.subheader("What was understood", anchor=False)
        show_understood(experiment)
