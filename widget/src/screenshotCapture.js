// Draws a picture of the part of the page that is in view, with plain canvas calls from the computed styles of its elements: nothing is
// loaded, so that no policy of the page is in the way and nothing taints the canvas. The contents of form fields are never drawn, nor is
// anything inside data-parley-mask.
const maxDrawn = 5000, maxTime = 800, slice = 30, maxWidth = 2560, maxScale = 2;
const formFields = /^(input|textarea|select)$/;
const opaqueElements = /^(img|canvas|video|iframe)$/; // drawn as one box, not entered
const neverDrawn = /^(defs|clipPath|mask|symbol)$/;
const placeholderColor = "#dfe2e6", dimColor = "#777", transparent = "rgba(0, 0, 0, 0)";

// Returns a PNG blob. without is left out of the picture. Rejects with "empty" if nothing is in view, and with "blocked" if the browser does
// not let the canvas be read.
export default async function captureView(without) {
  const width = innerWidth, height = innerHeight;
  if (!width || !height) throw new Error("empty");
  if (!isReadable()) throw new Error("blocked");
  const view = { left: 0, top: 0, right: width, bottom: height, width, height };
  const { documentElement: html, body } = document;
  const plain = hasNoBackground(getComputedStyle(html)); // then the body's background fills the window
  const clips = { box: view };
  const page = { alpha: 1, clips, absolute: clips, fixed: clips };
  page.layer = page.context = layer(0);
  const stack = [{ node: html, up: { state: page } }];
  const now = () => performance.now(), end = now() + maxTime;
  let drawn = 0, rest = now();
  const yieldToPage = async () => {
    if (now() < rest + slice) return;
    await new Promise((go) => setTimeout(go));
    rest = now();
  };
  const add = (list, s, draw, clip = s.clip) => {
    drawn++;
    list.push({ draw, clip, alpha: s.alpha });
  };

  function visit(entry) {
    const { node } = entry, name = node.localName;
    if (node.nodeType === 3) return drawText(node, stateOf(entry.up));
    if (node === without || neverDrawn.test(name)) return;
    const r = (entry.r = node.getBoundingClientRect()), near = overlaps(r, view);
    const field = formFields.test(name) || node.isContentEditable;
    let masked = node.hasAttribute("data-parley-mask") || /^(checkbox|radio)$/.test(node.type);
    if (near) {
      const s = stateOf(entry);
      if (s.gone || (node.checkVisibility && !node.checkVisibility())) return;
      masked ||= /blur/.test(s.style.filter);
      if (s.shown && overlaps(r, s.clip.box)) {
        if (masked) add(s.behind, s, (c) => paint(c, outline(r, s.style), "#b9bec6"));
        else drawElement(node, name, r, s, field);
      }
    }
    if (masked || field || opaqueElements.test(name) || entry.state?.style.contentVisibility === "hidden") return;
    const put = (child) => {
      if (name === "details" && !node.open && child.localName !== "summary") return;
      if (child.nodeType === 1 || (child.nodeType === 3 && (near || !r.width || !r.height))) stack.push({ node: child, up: entry });
    };
    const given = (name === "slot" && node.assignedNodes?.()) || [];
    given.reverse().forEach(put);
    if (!given.length) for (let child = (node.shadowRoot || node).lastChild; child; child = child.previousSibling) put(child);
  }

  // Returns what an element's descendants inherit. Computed only when something of it may be in view, because a page can have very many
  // elements.
  function stateOf(entry) {
    if (entry.state) return entry.state;
    const { node } = entry, up = stateOf(entry.up), style = getComputedStyle(node);
    const { position, zIndex, display, opacity } = style;
    const placed = position !== "static", moved = style.transform !== "none" || style.filter !== "none";
    const raised = zIndex !== "auto" && (placed || /flex|grid/.test(up.style?.display));
    const over = placed && (node.localName === "dialog" || node.hasAttribute("popover")); // in the browser's top layer
    const apart = over || raised || moved || opacity < 1 || /fixed|sticky/.test(position);
    const s = (entry.state = { style, layer: up.layer, context: up.context, alpha: up.alpha * opacity });
    s.gone = up.gone || !s.alpha || display === "none";
    s.shown = !s.gone && style.visibility === "visible";
    if (apart || placed) {
      s.layer = layer(over ? 1e12 : raised ? +zIndex : 0);
      (over ? page : up).context.layers.push(s.layer);
      if (apart) s.context = s.layer;
      s.behind = s.layer.behind;
    } else s.behind = s.layer.own;
    s.clip = over ? clips : position === "fixed" ? up.fixed : position === "absolute" ? up.absolute : up.clips;
    // html and body do not clip: the window scrolls to what overflows them.
    const open = node === html || node === body || style.overflowX === "visible" || /^(inline|contents)$/.test(display);
    s.clips = open ? s.clip : clipped(s.clip, entry.r, style);
    s.absolute = placed || moved ? s.clips : up.absolute;
    s.fixed = moved ? s.clips : up.fixed;
    s.hollow = style.backgroundClip === "text" || node === html || (node === body && plain);
    s.line = style.textDecorationLine === "none" ? up.line : style.textDecorationLine;
    return s;
  }

  function drawElement(node, name, r, s, field) {
    const { style } = s, { own } = s.layer;
    if (node.getTotalLength) return add(own, s, shape(node, style));
    for (const one of style.display === "inline" ? node.getClientRects() : [r]) {
      const draws = [!s.hollow && background(one, style), border(one, style)];
      for (const draw of draws) if (draw) add(s.behind, s, draw);
    }
    const whole = opaqueElements.test(name), clip = field || whole ? clipped(s.clip, r, style) : s.clip;
    const inside = inner(r, style), size = parseFloat(style.fontSize);
    const at = { ...inside, height: Math.min(inside.height, size * 2) };
    at.left += parseFloat(style.paddingLeft);
    at.right -= parseFloat(style.paddingRight);
    const say = (words, color, box = at, of = style) => words && add(own, s, text(words, box, of, color, "", true), clip);
    if (field) {
      const filled = formFields.test(name) ? node.value !== "" : /\S/.test(node.textContent);
      say(filled ? "••••••••" : node.getAttribute("placeholder"), filled ? style.color : dimColor);
    } else if (whole) {
      const ready = name === "img" ? node.naturalWidth : name === "canvas" && node.width;
      if (ready && isReadable(node)) return add(own, s, picture(node, inside, style.objectFit), clip);
      add(own, s, (c) => paint(c, outline(r, style), placeholderColor), clip);
      say(node.alt || node.title, dimColor);
    } else if (!node.firstChild) { // an icon from a font
      const icon = getComputedStyle(node, "::before"), words = /^"(..?)"$/.exec(icon.content)?.[1];
      say(words, icon.color, r, icon);
    }
  }

  // Draws text line by line: it is halved until each part is in one line, and the parts of a line are joined.
  function drawText(node, s) {
    const { style } = s, { data } = node, parts = [], { box } = s.clips;
    if (!s.shown || !/\S/.test(data)) return;
    let color = node.parentNode.ownerSVGElement ? style.fill : style.webkitTextFillColor;
    if (s.hollow && color === transparent) color = dimColor;
    const range = document.createRange();
    const reach = (from, to) => { range.setStart(node, from); range.setEnd(node, to); return range.getBoundingClientRect(); };
    const split = (from, to) => {
      const r = reach(from, to), rects = range.getClientRects(), last = parts[parts.length - 1];
      if (!overlaps(r, box)) return;
      for (const one of rects) {
        if (to - from < 2 || Math.abs(one.top - rects[0].top) <= one.height / 2) continue;
        const half = (from + to) >> 1;
        split(from, half);
        return split(half, to);
      }
      if (last?.to === from && Math.abs(last.top - r.top) <= r.height / 2) last.to = to;
      else parts.push({ from, to, top: r.top });
    };
    split(0, data.length);
    for (const { from, to } of parts) {
      const part = data.slice(from, to), start = from + part.search(/\S/);
      let words = part.trim();
      const r = words && reach(start, start + words.length);
      if (!/pre|break/.test(style.whiteSpace)) words = words.replace(/\s+/g, " ");
      if (style.textTransform === "uppercase") words = words.toUpperCase();
      if (r.width) add(s.layer.own, s, text(words, r, style, color, s.line), s.clips);
    }
  }

  while (stack.length && drawn < maxDrawn && now() < end) {
    try { visit(stack.pop()); } catch { /* an element that cannot be drawn is left out, with its contents */ }
    await yieldToPage();
  }

  const canvas = document.createElement("canvas"), scale = Math.min(devicePixelRatio, maxScale, maxWidth / width);
  canvas.width = width * scale;
  canvas.height = height * scale;
  const c = canvas.getContext("2d"), style = getComputedStyle((plain && body) || html);
  const [r, g, b] = style.color.match(/[\d.]+/g);
  c.scale(scale, scale);
  c.fillStyle = +r + +g + +b > 450 ? "#121212" : "#fff"; // light text implies a dark background
  c.fillRect(0, 0, width, height);
  background(view, style)?.(c);
  for (const { draw, clip, alpha } of paintOrder(page.layer, [])) {
    c.save();
    c.globalAlpha = alpha;
    for (let one = clip; one.up; one = one.up) c.clip(one.path);
    try { draw(c); } catch { /* as above */ }
    c.restore();
    await yieldToPage();
  }
  const blob = await new Promise((go) => canvas.toBlob(go, "image/png")).catch(() => null);
  if (!blob) throw new Error("blocked");
  return blob;
}

// A stacking context. Its paint order: behind, layers below zero, own in document order, layers from zero on.
function layer(z) {
  return { z, behind: [], own: [], layers: [] };
}

function paintOrder({ behind, own, layers }, into) {
  layers.sort((a, b) => a.z - b.z);
  into.push(...behind);
  for (const one of layers) if (one.z < 0) paintOrder(one, into);
  into.push(...own);
  for (const one of layers) if (one.z >= 0) paintOrder(one, into);
  return into;
}

function overlaps(a, b) {
  return a.right > b.left && a.left < b.right && a.bottom > b.top && a.top < b.bottom;
}

// Reports whether the browser lets a canvas be read after this image was drawn on it. Without an image: whether it returns what was drawn.
function isReadable(image) {
  const canvas = document.createElement("canvas"), c = canvas.getContext("2d", { willReadFrequently: true });
  try {
    c.fillRect(0, 0, 9, 9);
    if (image) c.drawImage(image, 0, 0, 1, 1, 0, 0, 1, 1);
    return c.getImageData(0, 0, 1, 1).data[0] < 9 || !!image;
  } catch {
    return false;
  }
}

const sides = ["Top", "Right", "Bottom", "Left"];

// Returns the path around a box. All corners get the radius of the first one.
function outline(r, style) {
  const path = new Path2D(), text = style.borderTopLeftRadius, n = parseFloat(text);
  const round = /%/.test(text) ? (n * Math.min(r.width, r.height)) / 100 : n;
  path[path.roundRect ? "roundRect" : "rect"](r.left, r.top, r.width, r.height, round);
  return path;
}

function paint(c, path, color, rule = "nonzero") {
  c.fillStyle = color;
  c.fill(path, rule);
}

// Returns the part of a box that is inside its border.
function inner(r, style) {
  const [top, right, bottom, left] = sides.map((side) => parseFloat(style["border" + side + "Width"]));
  const box = { left: r.left + left, top: r.top + top, right: r.right - right, bottom: r.bottom - bottom };
  return { ...box, width: Math.max(0, box.right - box.left), height: Math.max(0, box.bottom - box.top) };
}

// Returns the clip of a box that hides its overflow, within the clip that it is in.
function clipped(up, r, style) {
  const { max, min } = Math, own = inner(r, style), { left, top, right, bottom } = up.box;
  const box = { left: max(own.left, left), top: max(own.top, top), right: min(own.right, right), bottom: min(own.bottom, bottom) };
  return { up, box, path: outline(own, style) };
}

function hasNoBackground(style) {
  return style.backgroundColor === transparent && style.backgroundImage === "none";
}

function background(r, style) {
  const { backgroundColor, backgroundImage: image } = style;
  const frosted = /blur/.test(style.backdropFilter); // what is behind cannot be drawn
  if (hasNoBackground(style) && !frosted) return;
  const path = outline(r, style);
  return (c) => {
    if (frosted || (backgroundColor === transparent && /url/.test(image))) paint(c, path, "#868c96");
    paint(c, path, backgroundColor);
    if (/gradient/.test(image)) paint(c, path, gradient(c, r, image.split("gradient(")[1]));
  };
}

// Returns a gradient for a box. Every gradient is approximated by a linear one along a side of the box.
function gradient(c, { left, top, right, bottom }, text) {
  const across = /^(to [lr]|90|270)/.test(text), stops = text.match(/\b(?!url)[a-z]+\([^)]*\)/g);
  const g = c.createLinearGradient(left, top, across ? right : left, across ? top : bottom);
  if (/^(to [lt]|0|270)/.test(text)) stops.reverse();
  stops.forEach((color, i) => g.addColorStop(i / (stops.length - 1 || 1), color));
  return g;
}

// Returns what draws the borders of a box, all in the color of the first visible one.
function border(r, style) {
  const seen = (side) => style["border" + side + "Width"] !== "0px" && style["border" + side + "Color"] !== transparent;
  const side = sides.find(seen), path = outline(r, style);
  if (!side) return;
  path.addPath(outline(inner(r, style), style));
  return (c) => paint(c, path, style["border" + side + "Color"], "evenodd");
}

function picture(image, { left, top, width, height }, fit) {
  const wide = image.naturalWidth || image.width, high = image.naturalHeight || image.height;
  const x = width / wide, y = height / high, by = fit === "cover" ? Math.max(x, y) : Math.min(x, y);
  const [w, h] = fit === "fill" ? [width, height] : [wide * by, high * by];
  return (c) => c.drawImage(image, left + (width - w) / 2, top + (height - h) / 2, w, h);
}

function shape(node, style) {
  const name = node.localName, m = node.getScreenCTM(), get = (key) => node.getAttribute(key), { x, y, width, height } = node.getBBox();
  const points = get("points"), path = new Path2D(points ? "M" + points : get("d") || "");
  if (/^[ce]/.test(name)) path.ellipse(x + width / 2, y + height / 2, width / 2, height / 2, 0, 0, 7);
  if (/^[rl]/.test(name)) path.rect(x, y, width, height); // a line that is neither level nor upright becomes a box
  return (c) => {
    c.transform(m.a, m.b, m.c, m.d, m.e, m.f);
    c.fillStyle = c.strokeStyle = dimColor; // stays when the color is a pattern
    c.lineWidth = parseFloat(style.strokeWidth);
    c.strokeStyle = style.stroke;
    if (style.fill !== "none") paint(c, path, style.fill, style.fillRule);
    if (style.stroke !== "none") c.stroke(path);
  };
}

// Returns what draws one line of text. loose: it starts in the box; otherwise it is stretched to the box.
function text(words, r, style, color, under, loose) {
  return (c) => {
    c.font = style.fontStyle + " " + style.fontWeight + " " + style.fontSize + " " + style.fontFamily;
    c.direction = style.direction;
    c.letterSpacing = style.letterSpacing;
    c.fillStyle = color;
    c.textAlign = "left";
    c.textBaseline = "middle";
    const size = parseFloat(style.fontSize), { width } = c.measureText(words), by = loose ? 1 : r.width / width;
    c.translate(loose && style.direction === "rtl" ? r.right - width : r.left, r.top + r.height / 2);
    c.scale(by, by);
    c.fillText(words, 0, size * 0.08);
    const draw = (y) => c.fillRect(0, y, width, Math.max(1, size / 16));
    if (/under/.test(under)) draw(size * 0.42);
    if (/through/.test(under)) draw(size * 0.05);
  };
}
