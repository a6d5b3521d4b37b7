"""A click that cuts a run short: the server then forgets what it had not sent of that run."""

import re
from urllib.parse import quote

from playwright.sync_api import expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from pages.common.workspace import DEFAULT, encode

expect.set_options(timeout=20_000)  # the machine may be shared
FORGOTTEN = ("delta", "script_finished")
TEXT = "python3 main.py --dataset mnist --loss agce --noise_rate 0.6"


def open_cut_short(tab, url):
    """Open the address; of the first run, nothing drawn arrives."""
    came = []

    def connect(route):
        server = route.connect_to_server()

        def pass_on(frame):
            came.append(ForwardMsg.FromString(frame).WhichOneof("type"))
            if came.count("new_session") > 1 or came[-1] not in FORGOTTEN:
                route.send(frame)

        server.on_message(pass_on)

    tab.page.route_web_socket(re.compile("_stcore/stream"), connect)
    tab.page.goto(url)
    while "delta" not in came:
        tab.page.wait_for_timeout(20)
    tab.page.get_by_role("link", name="Loss library").first.wait_for()
    return came


def run_again(tab, came):
    while came.count("new_session") < 2:
        tab.page.keyboard.press("r")
        tab.page.wait_for_timeout(100)


def follow(tab, title):
    tab.page.get_by_role("link", name=title).first.click()
    expect(tab.page.get_by_role("heading", level=1)).to_have_text(title)


def test_the_workspace_of_a_link_outlives_a_run_cut_short(visit, app):
    workspace = encode(DEFAULT.with_noise("pair", 0.1))
    tab = visit("about:blank")
    open_cut_short(tab, f"{app}/?w={quote(workspace)}")

    for title in ("Loss surfaces", "Loss library"):
        follow(tab, title)
        tab.idle()

    sidebar = tab.page.get_by_test_id("stSidebar")
    expect(sidebar.get_by_label("Classes K")).to_have_value("10")
    expect(sidebar.get_by_role("combobox", name="Label noise")).to_have_value(re.compile("Pair"))
    expect(sidebar.get_by_role("slider", name="Noise rate")).to_have_value("0.1")
    assert quote(workspace) in tab.page.url


def test_a_pasted_experiment_outlives_a_run_cut_short(visit, app):
    tab = visit("about:blank")
    came = open_cut_short(tab, f"{app}/check?check_text={quote(TEXT)}")
    run_again(tab, came)

    expect(tab.page.get_by_role("textbox", name="Command line or config")).to_have_value(TEXT)


def test_a_link_to_a_network_race_outlives_a_run_cut_short(visit, app):
    tab = visit("about:blank")
    came = open_cut_short(tab, f"{app}/live?train_seeds=3")
    run_again(tab, came)

    expect(tab.page.get_by_role("button", name="Start")).to_be_visible()
    expect(tab.page.get_by_role("spinbutton", name="Seeds")).to_have_value("3")
