// Draws a plotly figure in a node that stays, in the colours of the page.
//
// Streamlit calls `show` at every message and every change of theme, and expects a function that
// cleans up. One `Chart` lives as long as its parent element.

const NARROW = 560; // pixels; below this the legend goes under the plot
const CLEAR = "rgba(0,0,0,0)";
const COLOURED = ["contour", "heatmap", "histogram2d", "mesh3d", "surface"];
const MARKED = ["scatter", "scattergl", "scatter3d"];
const charts = new WeakMap();

// `sources` are the addresses of plotly and of the style, and what draws a sketch.
export function show(component, sources) {
  const parent = component.parentElement;
  if (!charts.has(parent)) charts.set(parent, new Chart(parent, sources));
  charts.get(parent).hear(new TextDecoder().decode(component.data), component.setTriggerValue);
  return () => leave(parent);
}

// Streamlit also runs the cleanup of a message that a newer one overtook: then the node is still there.
function leave(parent) {
  if (parent.isConnected) return;
  charts.get(parent)?.remove();
  charts.delete(parent);
}

class Chart {
  constructor(parent, { plotly, style, sketch }) {
    this.plotlyUrl = plotly;
    this.ready = this.prepared(plotly, style, sketch);
    this.build(parent);
    this.config = config(this);
    this.listen();
  }

  build(parent) {
    this.root = element("div", "alf-chart", parent);
    this.root.setAttribute("role", "group");
    this.text = element("div", "alf-chart-text", this.root);
    this.text.setAttribute("role", "img");
    this.plot = element("div", "alf-chart-plot", this.root);
    this.message = element("p", "alf-chart-message", this.root);
    this.message.setAttribute("role", "alert");
    this.message.hidden = true;
  }

  // Plotly keeps the browser busy while it starts, so what can be seen before is painted before.
  async prepared(plotly, style, sketch) {
    await stylesheet(style);
    if (!window.Plotly) {
      this.sketch = sketch(this.figure(), this.root, theme(this.root));
      await painted();
      performance.mark("alf-chart-sketched");
    }
    return library(plotly);
  }

  listen() {
    this.observer = new ResizeObserver(() => this.resized());
    this.observer.observe(this.root);
    this.plot.addEventListener("pointerdown", () => (this.held = true));
    this.release = () => {
      if (this.held) setTimeout(() => this.letGo());
    };
    addEventListener("pointerup", this.release, true);
    addEventListener("pointercancel", this.release, true);
    this.told = (event) => this.tell(event);
    addEventListener("alf-figure", this.told);
  }

  // Streamlit says the same again when the theme changes; it may be older than what came since.
  hear(message, send) {
    this.send = send;
    if (message !== this.heard) this.receive((this.heard = message));
    this.draw();
  }

  // A newer figure that did not come by way of Streamlit; whoever sends it learns that it is shown.
  tell(event) {
    if (event.detail.key !== this.about?.key) return;
    event.preventDefault();
    this.receive(event.detail.message);
    this.draw();
  }

  receive(message) {
    this.received = message;
    this.about = { ...JSON.parse(message), figure: undefined };
    this.describe(this.about);
  }

  describe({ alt, height, clicks }) {
    this.text.setAttribute("aria-label", alt);
    this.root.style.height = `${height}px`; // or less, where the style of the page says so
    this.root.classList.toggle("alf-chart-clicks", clicks);
  }

  // Messages may arrive while one is being drawn: only the newest is drawn next.
  async draw() {
    if (this.drawing) return;
    this.drawing = true;
    try {
      const Plotly = await this.ready;
      if (!this.listening) await turn();
      while (this.outdated()) await this.react(Plotly);
    } catch (error) {
      this.fail(error);
    }
    this.drawing = false;
  }

  // A redraw under the pointer would break a drag off; a figure without width cannot be laid out.
  outdated() {
    const visible = this.root.isConnected && this.root.clientWidth > 0;
    return visible && !this.held && this.wanted() !== this.drawn;
  }

  wanted() {
    const width = Math.ceil(this.root.clientWidth / WIDER); // the title is wrapped to it
    return [this.narrow(), width, JSON.stringify(theme(this.root)), this.received].join("\n");
  }

  narrow() {
    return this.root.clientWidth < NARROW;
  }

  async react(Plotly) {
    this.drawn = this.wanted();
    [this.width, this.height] = [this.root.clientWidth, this.root.clientHeight];
    this.message.hidden = true;
    await Plotly.react(this.plot, { ...this.figure(), config: this.config });
    this.sketch?.remove();
    this.root.classList.add("alf-chart-drawn");
    performance.mark("alf-chart-drawn");
    if (!this.listening) this.plot.on("plotly_click", (event) => this.clicked(event));
    this.listening = true;
    for (const picture of this.plot.querySelectorAll(".main-svg")) {
      picture.setAttribute("aria-hidden", "true");
    }
  }

  figure() {
    const { data, layout, frames } = JSON.parse(this.received).figure;
    const kept = { uirevision: this.about.key, height: this.root.clientHeight, autosize: true };
    const looks = { narrow: this.narrow(), below: this.narrow() || data.some(coloured) };
    const page = theme(this.root);
    const dressed = { ...layout, ...kept, template: template(page, looks) };
    if (this.narrow()) shrink(dressed, this.root.clientWidth, page);
    enlarge(dressed, page.scale);
    wrapTitle(dressed, this.root.clientWidth - (page.toolbar && !this.narrow() ? BESIDE : 0));
    wrapAxes(dressed, data, this.root.clientWidth);
    return { data: data.map(identified), layout: dressed, frames };
  }

  fail(error) {
    console.error(error);
    this.drawn = this.wanted(); // the same figure would fail again
    this.message.textContent = `This figure could not be drawn: ${error.message ?? error}.`;
    this.message.hidden = false;
  }

  async resized() {
    await this.draw();
    const { clientWidth: width, clientHeight: height } = this.root;
    const same = width === this.width && height === this.height;
    if (!width || same || !this.plot._fullLayout) return;
    [this.width, this.height] = [width, height];
    window.Plotly.relayout(this.plot, { height, autosize: true });
  }

  letGo() {
    this.held = false;
    this.draw();
  }

  clicked({ points: [point] }) {
    if (!this.about.clicks || !point) return;
    this.send("click", {
      x: point.x ?? null,
      y: point.y ?? null,
      z: point.z ?? null,
      curve: point.curveNumber,
      index: point.pointIndex ?? point.pointNumber ?? null,
      customdata: plain(point.customdata),
    });
  }

  remove() {
    this.observer.disconnect();
    removeEventListener("pointerup", this.release, true);
    removeEventListener("pointercancel", this.release, true);
    removeEventListener("alf-figure", this.told);
    window.Plotly?.purge(this.plot);
    this.root.remove();
  }
}

// The browser paints one figure before the next is drawn for the first time.
let last = Promise.resolve();
function turn() {
  return (last = last.then(() => new Promise((done) => setTimeout(done))));
}

// A hidden page paints nothing.
function painted() {
  const frame = document.hidden ? (done) => done() : requestAnimationFrame;
  return new Promise((done) => frame(() => setTimeout(done)));
}

// ---- what is fetched once per tab

function library(url) {
  window.alfPlotly ??= fetched("script", { src: url }).then(() => window.Plotly);
  return window.alfPlotly;
}

function stylesheet(url) {
  window.alfChartStyle ??= fetched("link", { rel: "stylesheet", href: url });
  return window.alfChartStyle;
}

function fetched(tag, attributes) {
  return new Promise((resolve, reject) => {
    const node = Object.assign(document.createElement(tag), attributes);
    node.onload = resolve;
    node.onerror = () => reject(new Error("a part of the page did not arrive; reload to try again"));
    document.head.append(node);
  });
}

// ---- the colours of the page

function theme(node) {
  const style = getComputedStyle(node);
  const value = (name) => style.getPropertyValue(`--st-${name}`).trim();
  return {
    text: value("text-color"),
    background: value("background-color"),
    surface: value("secondary-background-color"),
    accent: value("primary-color"),
    font: value("font"),
    scale: Number(style.getPropertyValue("--alf-figure-scale")) || 1, // lecture mode has its own
    toolbar: style.getPropertyValue("--alf-figure-toolbar").trim() !== "none", // and no toolbar
    colours: value("chart-categorical-colors").split(","),
  };
}

// Opaque, since WebGL draws a transparent line over the wrong background.
function mixed(colour, ground, share) {
  const [over, under] = [pixel(colour), pixel(ground)];
  const part = (channel) => Math.round(share * over[channel] + (1 - share) * under[channel]);
  return `rgb(${part(0)},${part(1)},${part(2)})`;
}

// A canvas reads any way of writing a colour.
function pixel(colour) {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  return context.getImageData(0, 0, 1, 1).data;
}

function template({ text, background, surface, accent, font, colours }, { narrow, below }) {
  const line = mixed(text, background, 0.5);
  const grid = mixed(text, background, 0.13);
  const lines = { gridcolor: grid, linecolor: line, zerolinecolor: line };
  const spike = { spikecolor: line, spikethickness: 1, spikedash: "dot" };
  const axis = { ...lines, ...spike, showline: true, ticks: "outside", ticklen: 4, tickcolor: line };
  const wall = {
    ...lines,
    gridcolor: mixed(text, background, 0.25),
    spikecolor: line,
    backgroundcolor: CLEAR,
    tickfont: { size: 12 },
    title: { font: { size: 14 } },
  };
  const bar = { outlinewidth: 0, thickness: narrow ? 10 : 14, ticklen: 3, tickcolor: line, ticks: "outside" };
  const control = { bgcolor: surface, bordercolor: line, font: { color: text } };
  return {
    data: colourBars(bar),
    layout: {
      font: { family: font, color: text, size: 15 },
      paper_bgcolor: CLEAR,
      plot_bgcolor: CLEAR,
      colorway: colours,
      xaxis: axis,
      yaxis: axis,
      scene: { xaxis: wall, yaxis: wall, zaxis: wall },
      coloraxis: { colorbar: bar },
      legend: { bgcolor: CLEAR, ...(below ? BELOW : {}) },
      ...(narrow && coarse() ? { dragmode: false } : {}),
      hoverlabel: { bgcolor: background, bordercolor: line, font: { family: font, color: text, size: 14 } },
      modebar: { bgcolor: CLEAR, color: mixed(text, background, 0.75), activecolor: accent },
      annotationdefaults: { arrowcolor: text },
      shapedefaults: { line: { color: text } },
      sliderdefaults: { ...control, activebgcolor: accent, tickcolor: line },
      updatemenudefaults: control,
    },
  };
}

const BELOW = {
  orientation: "h",
  x: 0,
  xanchor: "left",
  xref: "container",
  y: 0,
  yanchor: "bottom",
  yref: "container",
};

// A colour bar takes the place to the right of the plot, so the legend goes below it.
function coloured({ type, showscale = true }) {
  return COLOURED.includes(type) && showscale;
}

function colourBars(bar) {
  const bars = Object.fromEntries(COLOURED.map((kind) => [kind, [{ colorbar: bar }]]));
  const marks = Object.fromEntries(MARKED.map((kind) => [kind, [{ marker: { colorbar: bar } }]]));
  return { ...bars, ...marks };
}

// ---- a phone's width: smaller letters, the toolbar above the title, scenes seen from further away

const TOOLBAR = 36; // pixels
const BESIDE = 230; // pixels at the right of a title where the toolbar is not above it
const WIDER = 50; // pixels, from which on a figure is drawn anew for its width

function shrink(layout, width, { scale, toolbar }) {
  const above = toolbar ? TOOLBAR : 0;
  layout.font = { ...layout.font, size: Math.min(layout.font?.size ?? 15, 13) };
  layout.margin = { ...layout.margin, t: 32 * scale + above };
  layout.legend = { ...layout.legend, font: { ...layout.legend?.font, size: 12 } };
  if (layout.title?.text) layout.title = pushedDown(layout.title, above);
  for (const name of Object.keys(layout)) {
    if (/^scene\d*$/.test(name)) layout[name] = stepBack(layout[name], layout.height / width);
  }
}

function pushedDown(title, above) {
  const size = Math.min(title.font?.size ?? 16, 16);
  return { ...title, font: { ...title.font, size }, pad: { ...title.pad, t: (title.pad?.t ?? 0) + above } };
}

function stepBack(scene, tall) {
  const { x, y, z } = scene.camera?.eye ?? { x: 1.25, y: 1.25, z: 1.25 };
  const far = Math.max(1, 1.35 * tall);
  return { ...scene, camera: { ...scene.camera, eye: { x: far * x, y: far * y, z: far * z } } };
}

// A finger on a figure scrolls the page; the toolbar offers zoom and pan.
function coarse() {
  return matchMedia("(pointer: coarse)").matches;
}

function seen(text) {
  return text.replace(/<[^>]*>/g, "");
}

// ---- the back of a lecture hall: larger letters

function enlarge(layout, scale) {
  layout.font = larger(layout.font, scale, 15);
  if (layout.title?.text) layout.title = { ...layout.title, font: larger(layout.title.font, scale, 16) };
}

function larger(font, scale, usual) {
  return { ...font, size: scale * (font?.size ?? usual) };
}

// ---- titles on as many lines as they need

const LETTER = 0.58; // of a font's size: the width of a letter, rather more than less

function wrapTitle(layout, width) {
  if (!layout.title?.text) return;
  const size = layout.title.font?.size ?? 16;
  const lines = wrapped(layout.title.text, width / (LETTER * size));
  const more = (lines.length - 1) * size * 1.3;
  const pad = { ...layout.title.pad, t: (layout.title.pad?.t ?? 0) + 0.55 * more }; // plotly lifts the lines
  layout.title = { ...layout.title, text: lines.join("<br>"), pad };
  layout.margin = { ...layout.margin, t: (layout.margin?.t ?? 0) + more };
}

// Plotly writes the name of an axis a fifth larger than the rest, and makes room for its lines.
function wrapAxes(layout, data, width) {
  const { l = 0, r = 0, t = 0, b = 0 } = layout.margin ?? {};
  const bar = data.some(({ colorbar }) => colorbar?.orientation === "h") ? 6 * layout.font.size : 0;
  const room = { x: width - l - r, y: layout.height - t - b - bar };
  if (layout.yaxis?.scaleanchor) room.x = room.y = Math.min(room.x, room.y);
  for (const [name, axis] of Object.entries(layout)) {
    const words = /^[xy]axis\d*$/.test(name) && axis.visible !== false && axis.title?.text;
    if (!words) continue;
    const size = axis.title.font?.size ?? 1.2 * layout.font.size;
    const text = wrapped(words, room[name[0]] / (LETTER * size)).join("<br>");
    layout[name] = { ...axis, title: { ...axis.title, text } };
  }
}

// Tags have no width, and no line may end inside one.
function wrapped(text, length) {
  const lines = [""];
  for (const word of text.match(/(?:<[^>]*>|[^\s<])+/g) ?? []) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (seen(longer).length <= length || !lines.at(-1)) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

// ---- the toolbar

function config(chart) {
  return {
    displaylogo: false,
    showSendToCloud: false,
    displayModeBar: true,
    modeBarButtonsToRemove: ["toImage", "select2d", "lasso2d", "autoScale2d", "resetCameraLastSave3d"],
    modeBarButtonsToAdd: [
      button(chart, "png", "Download as PNG", IMAGE, () => picture(chart, "png")),
      button(chart, "svg", "Download as SVG", VECTOR, () => picture(chart, "svg")),
      button(chart, "html", "Download as interactive page", PAGE, () => page(chart)),
    ],
  };
}

function button(chart, name, title, path, save) {
  const icon = { width: 24, height: 24, path };
  const click = () => save().catch((error) => chart.fail(error));
  return { name, title, icon, click };
}

const IMAGE = "M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zm0 14h14l-4.5-6-3.5 4.5-2.5-3z";
const VECTOR = "M3 3h5v2h8V3h5v5h-2v8h2v5h-5v-2H8v2H3v-5h2V8H3zm4 4v10h10V7z";
const PAGE = "M8.5 6 2.5 12l6 6 1.5-1.5L5.5 12 10 7.500zm7 0L14 7.500 18.500 12 14 16.500l1.500 1.500 6-6z";

function filename({ key, figure }) {
  return `alf-lab-${key}`.replace(/[^\w.-]+/g, "-");
}

// A picture carries the background it was seen on; the toolbar's own would be transparent.
function picture(chart, format) {
  const { data, layout } = chart.plot;
  const { width, height } = chart.plot._fullLayout;
  const solid = { ...layout, width, height, paper_bgcolor: theme(chart.root).background };
  const scale = format === "png" ? 3 : 1;
  const filed = { format, width, height, scale, filename: filename(chart.about) };
  return window.Plotly.downloadImage({ data, layout: solid, config: chart.config }, filed);
}

async function page(chart) {
  const library = await (await fetch(chart.plotlyUrl, { cache: "force-cache" })).text();
  const blob = new Blob([standalone(chart, library)], { type: "text/html" });
  const link = Object.assign(document.createElement("a"), {
    href: URL.createObjectURL(blob),
    download: `${filename(chart.about)}.html`,
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function standalone(chart, library) {
  const { alt, caption, height } = chart.about;
  const { background, text, font } = theme(chart.root);
  const { data, layout, frames } = chart.figure();
  const kept = { responsive: true, displaylogo: false, showSendToCloud: false };
  const drawn = { data, layout, frames, config: kept };
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(seen(layout.title?.text ?? alt))}</title>
<style>
body { margin: 2rem; background: ${background}; color: ${text}; font: 16px/1.5 ${font}; }
figure { margin: 0 }
</style>
<figure>
<div id="figure" role="group" aria-label="${escaped(alt)}" style="height: ${height}px"></div>
<figcaption>${escaped(caption ?? "")}</figcaption>
</figure>
<script>${library}</script>
<script>Plotly.newPlot("figure", ${JSON.stringify(drawn).replaceAll("<", "\\u003c")})</script>
</html>
`;
}

// Plotly looks for a trace that went by a class made of its uid, which so must be an identifier.
function identified(trace) {
  const uid = trace.uid?.replace(/[^\w-]/g, (sign) => `_${sign.codePointAt(0)}`);
  return uid ? { ...trace, uid } : trace;
}

// ---- small things

function element(tag, className, parent) {
  const node = document.createElement(tag);
  node.className = className;
  parent.append(node);
  return node;
}

function escaped(text) {
  const node = document.createElement("i");
  node.textContent = text;
  return node.innerHTML.replaceAll('"', "&quot;");
}

function plain(value) {
  return ArrayBuffer.isView(value) ? Array.from(value) : (value ?? null);
}
