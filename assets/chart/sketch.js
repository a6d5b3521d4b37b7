// A map over the triangle as soon as its numbers are there: colours, lines, marks and names, in the
// place where plotly draws the same, with its colour bar, once it has started.

const BAR = 72; // pixels below a map for its colour bar, as plotly lays it out
const PAD = 3; // pixels that plotly leaves between a corner's name and its place
const SIGNS = { star: "★", "star-open": "☆", "diamond-tall": "♦", "circle-open": "○", "x-thin": "×" };
const DRAWN = { heatmap: colour, scatter: draw };
const KINDS = { f4: Float32Array, f8: Float64Array };

// Returns the node to take away later; nothing for a figure that is no such map.
export function sketch({ data, layout }, parent, { text, font }) {
  if (data[0]?.type !== "heatmap" || layout.xaxis?.visible !== false) return;
  const canvas = document.createElement("canvas");
  const { clientWidth: width, clientHeight: height } = parent;
  const scale = devicePixelRatio;
  Object.assign(canvas, { width: scale * width, height: scale * height });
  Object.assign(canvas, { className: "alf-chart-sketch", ariaHidden: "true" });
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const plane = inPixels(layout, width, height);
  for (const trace of data) if (trace.opacity !== 0) DRAWN[trace.type]?.(pen, plane, trace);
  for (const { path, line } of layout.shapes ?? []) outline(pen, plane, path, line, text);
  const letters = { ...layout.font, family: font };
  for (const name of layout.annotations ?? []) note(pen, plane, name, letters, text);
  title(pen, layout, letters, text);
  parent.prepend(canvas);
  return canvas;
}

// Both axes have one scale, and their middle is the middle of what the margins leave.
function inPixels({ xaxis, yaxis, margin }, width, height) {
  const [left, right] = xaxis.range;
  const [low, high] = yaxis.range;
  const wide = width - margin.l - margin.r;
  const tall = height - margin.t - margin.b - BAR;
  const unit = Math.min(wide / (right - left), tall / (high - low));
  const [x, y] = [margin.l + wide / 2, margin.t + tall / 2];
  const [middle, centre] = [(left + right) / 2, (low + high) / 2];
  return new DOMMatrix([unit, 0, 0, -unit, x - unit * middle, y + unit * centre]);
}

function colour(pen, plane, { z, dx, dy, zmin, zmax, colorscale }) {
  const [rows, columns] = z.shape.split(",").map(Number);
  const cells = new OffscreenCanvas(columns, rows);
  const picture = new ImageData(columns, rows);
  const shades = gradient(colorscale);
  numbers(z).forEach((value, i) => {
    if (Number.isNaN(value)) return;
    const step = Math.round((255 * (value - zmin)) / (zmax - zmin));
    const shade = 4 * Math.min(Math.max(step, 0), 255);
    picture.data.set(shades.subarray(shade, shade + 4), 4 * i);
  });
  cells.getContext("2d").putImageData(picture, 0, 0);
  pen.save();
  pen.transform(plane.a, plane.b, plane.c, plane.d, plane.e, plane.f);
  pen.drawImage(cells, -dx / 2, -dy / 2, columns * dx, rows * dy);
  pen.restore();
}

// The 256 shades of a colour scale, four bytes each.
function gradient(stops) {
  const pen = new OffscreenCanvas(256, 1).getContext("2d");
  pen.fillStyle = pen.createLinearGradient(0, 0, 256, 0);
  for (const [at, shade] of stops) pen.fillStyle.addColorStop(at, shade);
  pen.fillRect(0, 0, 256, 1);
  return pen.getImageData(0, 0, 256, 1).data;
}

function draw(pen, plane, { x, y, mode, line, marker }) {
  const [xs, ys] = [numbers(x), numbers(y)];
  const points = Array.from(xs, (_, i) => plane.transformPoint({ x: xs[i], y: ys[i] }));
  if (mode === "lines") join(pen, points, line);
  else for (const point of points) stamp(pen, point, marker);
}

// A number that is none ends a line, and the next begins another.
function join(pen, points, { color, width }) {
  pen.beginPath();
  points.forEach(({ x, y }, i) => (points[i - 1]?.x >= 0 ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  Object.assign(pen, { strokeStyle: color, lineWidth: width });
  pen.stroke();
}

function stamp(pen, { x, y }, { symbol, size, color, line }) {
  pen.font = `${1.3 * size}px sans-serif`;
  Object.assign(pen, { textAlign: "center", textBaseline: "middle", fillStyle: color ?? line.color });
  const sign = SIGNS[symbol] ?? "●";
  if (line) {
    Object.assign(pen, { strokeStyle: line.color, lineWidth: 2 * line.width });
    pen.strokeText(sign, x, y);
  }
  pen.fillText(sign, x, y);
}

function outline(pen, plane, path, { width }, text) {
  const traced = new Path2D();
  traced.addPath(new Path2D(path), plane);
  Object.assign(pen, { strokeStyle: text, lineWidth: width });
  pen.stroke(traced);
}

function note(pen, plane, { x, y, text, yanchor, yshift = 0 }, letters, colour) {
  const at = plane.transformPoint({ x, y });
  pen.textBaseline = yanchor;
  const parts = runs(text, letters, colour);
  const width = parts.reduce((sum, part) => sum + measured(pen, part), 0);
  const away = yanchor === "top" ? PAD : -PAD;
  say(pen, parts, at.x - width / 2, at.y - yshift + away);
}

function title(pen, { title: { text, font, pad } }, letters, colour) {
  const face = { ...font, family: letters.family };
  pen.textBaseline = "top";
  const lines = text.split("<br>");
  const top = pad.t - 0.55 * 1.3 * font.size * (lines.length - 1); // plotly lifts the lines
  lines.forEach((line, i) => say(pen, runs(line, face, colour), 0, top + 1.3 * font.size * i));
}

// Words in plotly's own markup, as far as maps use it: bold, and letters of another colour.
function runs(words, { size, family, weight = 400 }, colour) {
  const found = words.matchAll(/<b>([^<]*)<\/b>|<span style="color:([^"]*)">([^<]*)<\/span>|([^<]+)/g);
  return Array.from(found, ([, bold, other, painted, plain]) => ({
    words: bold ?? painted ?? plain,
    face: `${bold ? 700 : weight} ${size}px ${family}`,
    colour: other ?? colour,
  }));
}

function measured(pen, { words, face }) {
  pen.font = face;
  return pen.measureText(words).width;
}

function say(pen, parts, x, y) {
  pen.textAlign = "left";
  for (const part of parts) {
    pen.fillStyle = part.colour;
    const width = measured(pen, part);
    pen.fillText(part.words, x, y);
    x += width;
  }
}

function numbers(packed) {
  if (!packed.bdata) return packed;
  const bytes = Uint8Array.from(atob(packed.bdata), (letter) => letter.codePointAt(0));
  return new KINDS[packed.dtype](bytes.buffer);
}
