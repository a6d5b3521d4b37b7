"""The chart component in a real browser: what it keeps, what it sends, what it looks like."""

import csv
from pathlib import Path

import pytest

APP = Path(__file__).parent / "apps" / "charts.py"
PROFILE, SURFACE, LIVE = (
    f".st-key-{key} .js-plotly-plot" for key in ("profile", "surface", "live")
)
MOST_BYTES = 60_000  # of one slider move with six lines of 200 points


@pytest.fixture
def charts(serve, visit):
    """charts(surface=..., **context) opens the app and waits until its figures are drawn."""

    def open_charts(surface=False, **context):
        tab = visit(serve(APP) + ("?surface" if surface else ""), **context)
        tab.page.wait_for_selector(f"{PROFILE} .main-svg", state="attached")
        if surface:
            scene = f"document.querySelector('{SURFACE}')?._fullLayout?.scene?._scene"
            tab.page.wait_for_function(scene)
        tab.idle()
        return tab

    return open_charts


def layout(tab, figure, path):
    return tab.page.evaluate(f"document.querySelector('{figure}')._fullLayout.{path}")


def move_slider(tab):
    """One step to the right; ends when the figure shows other numbers."""
    height = f"document.querySelector('{PROFILE}')._fullData[5].y[100]"
    before = tab.page.evaluate(height)
    tab.page.get_by_role("slider").press("ArrowRight")
    tab.page.wait_for_function(f"before => {height} !== before", arg=before)
    tab.idle()


def drag(tab, figure, start, end):
    """Drag over a figure, from and to fractions of its width and height."""
    tab.page.locator(figure).scroll_into_view_if_needed()
    box = tab.page.locator(figure).bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
    tab.page.mouse.move(*at[0])
    tab.page.mouse.down()
    tab.page.mouse.move(*at[1], steps=8)
    tab.page.mouse.up()


def zoom(tab, figure):
    before = layout(tab, figure, "xaxis.range")
    drag(tab, figure, (0.25, 0.3), (0.5, 0.6))
    tab.page.wait_for_function(
        f"x => document.querySelector('{figure}')._fullLayout.xaxis.range[0] > x", arg=before[0]
    )
    tab.page.wait_for_timeout(300)  # plotly waits this long for the second click of a double click
    return layout(tab, figure, "xaxis.range")


def mark(tab, figure):
    """Tag the plot's nodes, to see later whether they are still the same."""
    nodes = f"document.querySelectorAll('{figure}, {figure} .main-svg')"
    tab.page.evaluate(f"for (const node of {nodes}) node.marked = true")


def all_marked(tab, figure):
    nodes = f"document.querySelectorAll('{figure}, {figure} .main-svg')"
    return tab.page.evaluate(f"[...{nodes}].every(node => node.marked)")


def test_zoom_outlives_a_slider_move_on_the_same_nodes(charts):
    tab = charts()
    zoomed = zoom(tab, PROFILE)
    mark(tab, PROFILE)

    move_slider(tab)

    assert layout(tab, PROFILE, "xaxis.range") == zoomed
    assert all_marked(tab, PROFILE)


def test_camera_outlives_a_slider_move_on_the_same_canvas(charts):
    tab = charts(surface=True)
    before = layout(tab, SURFACE, "scene.camera.eye")
    drag(tab, SURFACE, (0.4, 0.5), (0.6, 0.6))
    tab.page.wait_for_function(
        f"x => document.querySelector('{SURFACE}')._fullLayout.scene.camera.eye.x !== x",
        arg=before["x"],
    )
    turned = layout(tab, SURFACE, "scene.camera.eye")
    mark(tab, f"{SURFACE} canvas")

    move_slider(tab)

    now = layout(tab, SURFACE, "scene.camera.eye")
    assert now == pytest.approx(turned)
    assert now["x"] != pytest.approx(before["x"], abs=0.01)
    assert all_marked(tab, f"{SURFACE} canvas")


def test_hidden_legend_entry_outlives_a_slider_move(charts):
    tab = charts()
    tab.page.locator(f"{PROFILE} .legendtoggle").nth(1).click()
    visible = f"document.querySelector('{PROFILE}')._fullData.map(trace => trace.visible)"
    tab.page.wait_for_function(f"{visible}[1] === 'legendonly'")

    move_slider(tab)

    assert tab.page.evaluate(visible) == [True, "legendonly", True, True, True, True]


def test_zoom_outlives_live_updates_on_the_same_nodes(charts):
    tab = charts()
    tab.page.locator(".st-key-run label").click()
    tab.page.wait_for_selector(f"{LIVE} .main-svg", state="attached")
    zoomed = zoom(tab, LIVE)
    mark(tab, LIVE)
    length = f"document.querySelector('{LIVE}')._fullData[0].x.length"
    before = tab.page.evaluate(length)

    tab.page.wait_for_function(f"before => {length} >= before + 4", arg=before)

    assert layout(tab, LIVE, "xaxis.range") == zoomed
    assert all_marked(tab, LIVE)


def test_an_update_waits_for_the_end_of_a_drag(charts):
    tab = charts()
    tab.page.locator(".st-key-run label").click()
    tab.page.wait_for_selector(f"{LIVE} .main-svg", state="attached")
    length = f"document.querySelector('{LIVE}')._fullData[0].x.length"
    tab.page.locator(LIVE).scroll_into_view_if_needed()
    box = tab.page.locator(LIVE).bounding_box()
    tab.page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.4 * box["height"])
    tab.page.mouse.down()
    before = tab.page.evaluate(length)
    tab.page.wait_for_timeout(1500)
    held = tab.page.evaluate(length)
    tab.page.mouse.up()

    assert held == before
    tab.page.wait_for_function(f"before => {length} >= before + 2", arg=before)


def test_a_slider_move_sends_the_figures_and_little_else(charts):
    tab = charts()
    before = len(tab.received)

    move_slider(tab)

    frames = tab.received[before:]
    assert 10_000 < sum(map(len, frames)) < MOST_BYTES
    assert b"Plotly.react" not in b"".join(frames)


def test_an_unchanged_figure_is_not_drawn_again(charts):
    tab = charts()
    tab.page.locator(".st-key-run label").click()
    tab.page.wait_for_selector(".st-key-still .main-svg", state="attached")
    tab.page.evaluate(
        """for (const key of ["profile", "still", "live"]) {
          const plot = document.querySelector(`.st-key-${key} .js-plotly-plot`);
          plot.on("plotly_afterplot", () => { plot.redrawn = (plot.redrawn ?? 0) + 1; });
        }"""
    )
    redrawn = "document.querySelector('.st-key-{} .js-plotly-plot').redrawn"

    tab.page.wait_for_function(f"{redrawn.format('live')} >= 4")

    assert tab.page.evaluate(redrawn.format("still")) is None
    assert tab.page.evaluate(redrawn.format("profile")) is None


def test_only_a_new_message_redraws_and_only_a_node_that_left_is_purged(charts):
    """The module by itself: Streamlit may repeat a message, and cleans up after overtaken ones."""
    tab = charts()
    chart, plotly, style = (
        next(url for url in tab.requests if f"/{file}?" in url)
        for file in ("chart.js", "plotly.min.js", "chart.css")
    )
    counts = tab.page.evaluate(
        """async ([chart, plotly, style]) => {
          const { show } = await import(chart);
          const parentElement = document.createElement("div");
          parentElement.style = "position: fixed; width: 600px; --st-text-color: #222222;";
          document.body.append(parentElement);
          const figure = (y) => ({ data: [{ y: [1, y] }], layout: {} });
          const about = { key: "alone", alt: "a line", height: 200, clicks: false };
          const send = (y) => {
            const data = new TextEncoder().encode(JSON.stringify({ ...about, figure: figure(y) }));
            return show({ parentElement, data }, plotly, style);
          };
          const settled = () => new Promise((resolve) => setTimeout(resolve, 500));
          send(2);
          await settled();
          const plot = parentElement.querySelector(".js-plotly-plot");
          let drawn = 0;
          plot.on("plotly_afterplot", () => drawn++);
          const cleanup = send(2);
          await settled();
          const repeated = drawn;
          send(3);
          cleanup();
          await settled();
          const renewed = drawn;
          const kept = plot.isConnected && plot._fullData.length;
          parentElement.remove();
          cleanup();
          return [repeated, renewed, kept, plot._fullData ?? null];
        }""",
        [chart, plotly, style],
    )

    assert counts == [0, 1, 1, None]


def test_plotly_is_fetched_once_for_all_figures(charts):
    tab = charts()
    tab.page.locator(".st-key-run label").click()
    tab.page.wait_for_selector(f"{LIVE} .main-svg", state="attached")
    move_slider(tab)

    fetched = [url for url in tab.requests if "plotly.min.js" in url]
    assert len(fetched) == 1


def test_a_figure_that_leaves_is_cleaned_up(charts):
    tab = charts()
    toggle = tab.page.locator(".st-key-run label")
    toggle.click()
    tab.page.wait_for_selector(f"{LIVE} .main-svg", state="attached")
    tab.page.evaluate(
        """() => {
          const { purge } = Plotly;
          Plotly.purge = (plot) => { window.purged = true; purge(plot); };
        }"""
    )

    toggle.click()

    tab.page.wait_for_selector(LIVE, state="detached")
    tab.page.wait_for_function("window.purged")


def test_the_space_is_reserved_before_plotly_arrives(serve, visit):
    tab = visit("about:blank")
    tab.page.route("**/plotly.min.js*", lambda route: None)  # never answered
    tab.page.goto(serve(APP) + "?surface")

    tab.page.wait_for_selector(".st-key-surface .alf-chart", state="attached")
    size = "name => document.querySelector(`.st-key-${name}`).getBoundingClientRect().height"
    assert tab.page.evaluate(size, "profile") == 440
    assert tab.page.evaluate(size, "surface") == 480


def test_without_plotly_the_figure_says_so(serve, visit):
    tab = visit("about:blank")
    tab.page.route("**/plotly.min.js*", lambda route: route.abort())
    tab.page.goto(serve(APP))

    message = tab.page.locator(".st-key-profile .alf-chart-message")
    message.wait_for()
    assert "could not be drawn" in message.inner_text()
    tab.errors.clear()  # the browser's own lines about the request that was cut


def test_text_follows_light_and_dark_at_once(charts):
    tab = charts(surface=True, color_scheme="light")
    fill = f"getComputedStyle(document.querySelector('{PROFILE} .gtitle')).fill"
    light = tab.page.evaluate(fill)

    tab.page.emulate_media(color_scheme="dark")
    tab.page.wait_for_function(f"before => {fill} !== before", arg=light)

    assert (light, tab.page.evaluate(fill)) == ("rgb(16, 23, 28)", "rgb(230, 234, 237)")
    colour = "document.querySelector('{}')._fullLayout.{}"
    tab.page.wait_for_function(
        f"{colour.format(SURFACE, 'scene.zaxis.tickfont.color')} === '#e6eaed'"
    )


@pytest.mark.parametrize(("kind", "start"), [("PNG", b"\x89PNG"), ("SVG", b"<svg ")])
@pytest.mark.parametrize("figure", ["profile", "surface"])
def test_the_toolbar_saves_a_picture(charts, tmp_path, kind, start, figure):
    tab = charts(surface=figure == "surface")
    with tab.page.expect_download() as download:
        tab.page.locator(f".st-key-{figure}").get_by_role(
            "button", name=f"Download as {kind}"
        ).click()

    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    assert saved.name == f"alf-lab-{figure}.{kind.lower()}"
    assert saved.read_bytes().startswith(start)
    assert len(saved.read_bytes()) > 10_000


def test_the_toolbar_saves_a_page_that_works_alone(charts, tmp_path, visit):
    tab = charts(surface=True)
    with tab.page.expect_download() as download:
        tab.page.locator(".st-key-surface").get_by_role("button", name="interactive page").click()
    saved = tmp_path / "figure.html"
    download.value.save_as(saved)

    alone = visit(saved.as_uri())
    alone.page.wait_for_selector("#figure .main-svg", state="attached")
    assert alone.page.title() == "A risk over the plane"
    assert alone.page.evaluate("document.querySelector('#figure')._fullData[0].z.length") == 41
    assert all(url.startswith(("file:", "data:", "blob:")) for url in alone.requests)


def test_the_toolbar_is_reached_by_keyboard(charts):
    tab = charts()
    button = tab.page.locator(".st-key-profile").get_by_role("button", name="Download as PNG")
    tab.page.get_by_role("slider").focus()
    for _ in range(20):
        tab.page.keyboard.press("Tab")
        if button.evaluate("node => node === document.activeElement"):
            break
    else:
        pytest.fail("20 steps from the slider do not reach the button")

    with tab.page.expect_download():
        tab.page.keyboard.press("Enter")


def test_a_screen_reader_hears_the_text_alternative(charts):
    tab = charts()

    assert tab.page.get_by_role("img", name="Six falling lines, the loss against u").count() == 1


def test_the_numbers_open_on_demand_and_the_file_has_them_all(charts, tmp_path):
    tab = charts()
    tab.page.get_by_role("button", name="Numbers").click()
    tab.page.get_by_text("The first 1,000 of 2,500 rows").wait_for()
    tab.page.locator("[data-testid=stDataFrame]").wait_for()
    with tab.page.expect_download() as download:
        tab.page.get_by_role("button", name="Download CSV").click()

    saved = tmp_path / "numbers.csv"
    download.value.save_as(saved)
    rows = list(csv.DictReader(saved.read_text().splitlines()))
    assert len(rows) == 2500
    assert float(rows[100]["u"]) == 100 / 2499
    assert float(rows[100]["value"]) == 1 - 100 / 2499  # a = 1


def test_a_click_returns_the_point(charts):
    tab = charts()
    tab.page.locator(PROFILE).scroll_into_view_if_needed()
    where = tab.page.evaluate(
        f"""() => {{
          const plot = document.querySelector('{PROFILE}');
          const {{ xaxis, yaxis }} = plot._fullLayout;
          const box = plot.getBoundingClientRect();
          return [box.x + xaxis._offset + xaxis.d2p(plot._fullData[0].x[40]),
                  box.y + yaxis._offset + yaxis.d2p(plot._fullData[0].y[40])];
        }}"""
    )
    tab.page.mouse.move(*where)
    tab.page.mouse.click(*where)

    answer = tab.page.get_by_text("clicked: ClickedPoint")
    answer.wait_for()
    assert "curve=0, index=40" in answer.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_the_legend_goes_below_and_nothing_overflows(charts, scheme):
    tab = charts(viewport={"width": 390, "height": 844}, color_scheme=scheme)

    legend = tab.page.locator(f"{PROFILE} .legend").bounding_box()
    plot = tab.page.locator(f"{PROFILE} .nsewdrag").first.bounding_box()
    title = tab.page.locator(f"{PROFILE} .gtitle").bounding_box()
    toolbar = tab.page.locator(f"{PROFILE} .modebar").bounding_box()
    assert legend["y"] > plot["y"] + plot["height"]
    assert plot["height"] > 150
    assert title["x"] + title["width"] <= 390
    assert toolbar["y"] + toolbar["height"] <= title["y"]
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [640, 760])
def test_a_title_leaves_the_toolbar_its_place_and_is_whole(charts, width):
    tab = charts(viewport={"width": width, "height": 800})

    figure = tab.page.locator(PROFILE).bounding_box()
    title = tab.page.locator(f"{PROFILE} .gtitle").bounding_box()
    toolbar = tab.page.locator(f"{PROFILE} .modebar").bounding_box()
    assert title["x"] + title["width"] <= toolbar["x"]
    assert title["y"] >= figure["y"]


def test_a_wide_window_made_narrow_and_wide_again_keeps_the_zoom(charts):
    tab = charts()
    zoomed = zoom(tab, PROFILE)

    for width in (400, 1280):
        tab.page.set_viewport_size({"width": width, "height": 800})
        tab.page.wait_for_function(
            f"Math.abs(document.querySelector('{PROFILE}')._fullLayout.width"
            f" - document.querySelector('.st-key-profile').clientWidth) < 2"
        )

    assert layout(tab, PROFILE, "xaxis.range") == zoomed
