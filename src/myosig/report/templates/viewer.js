"use strict";
// The whole recording in one canvas: min/max envelopes, halved level by level, finer around jerks, with the marked bursts.
(async function () {
  const data = JSON.parse(document.getElementById("viewer-data").textContent);
  const canvas = document.getElementById("viewer");
  const range = document.getElementById("viewer-range");
  const slider = document.getElementById("viewer-slider");
  const LEFT = 150, FOOT = 26, ROW = 26, LEAST = 160, MISSING = -128;

  async function unpack(text, Type) {
    const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Type(await new Response(stream).arrayBuffer());
  }

  const rows = data.channels.length;
  const total = data.bins * data.bin;
  const times = async (text) => Float64Array.from(await unpack(text, Int32Array), (ticks) => ticks * data.tick);
  const marks = async (of) => ({ row: await unpack(of.row, Int32Array), onset: await times(of.onset), offset: await times(of.offset) });
  const bursts = await marks(data.bursts), silences = await marks(data.silences);
  const jerks = await times(data.jerkOnset);
  const goTo = await times(data.goTo);
  const detail = {
    start: await unpack(data.detailStart, Float64Array),
    low: await unpack(data.detailLow, Int8Array),
    high: await unpack(data.detailHigh, Int8Array),
    length: data.detailBins * data.detailBin,
  };
  const levels = [{ low: await unpack(data.low, Int8Array), high: await unpack(data.high, Int8Array), bins: data.bins }];
  while (levels[levels.length - 1].bins > 2000) levels.push(halve(levels[levels.length - 1]));
  const shortest = Math.min(total, Math.max(20 * (detail.start.length ? data.detailBin : data.bin), 0.1));
  const glance = Math.min(total, detail.start.length ? detail.length : 5);
  let span = glance;
  let start = data.lookAt - span / 4;
  let gain = 1;
  let waiting = false;

  function halve(fine) {
    const bins = Math.ceil(fine.bins / 2);
    const low = new Int8Array(rows * bins).fill(MISSING);
    const high = new Int8Array(rows * bins).fill(MISSING);
    for (let r = 0; r < rows; r++) {
      for (let i = 0; i < fine.bins; i++) {
        const from = r * fine.bins + i, to = r * bins + (i >> 1);
        if (fine.low[from] === MISSING) continue;
        low[to] = low[to] === MISSING ? fine.low[from] : Math.min(low[to], fine.low[from]);
        high[to] = high[to] === MISSING ? fine.high[from] : Math.max(high[to], fine.high[from]);
      }
    }
    return { low, high, bins };
  }

  function redraw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(); });
  }

  function draw() {
    span = Math.min(Math.max(span, shortest), total);
    start = Math.min(Math.max(start, 0), total - span);
    const colours = getComputedStyle(document.documentElement);
    const scale = window.devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    canvas.width = width * scale;
    canvas.height = height * scale;
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    pen.font = "11px system-ui, sans-serif";
    const view = { x: (t) => LEFT + ((t - start) / span) * (width - LEFT), width, band: (height - FOOT) / rows };
    drawMarks(pen, view);
    drawSilences(pen, view);
    pen.fillStyle = colours.getPropertyValue("--ink");
    drawNames(pen, view);
    pen.save();
    pen.beginPath();
    pen.rect(LEFT, 0, width - LEFT, height);
    pen.clip();
    let depth = 0;
    while (depth + 1 < levels.length && span / data.bin / (1 << (depth + 1)) > width - LEFT) depth++;
    const fine = detailsInView(view);
    drawLevel(pen, view, levels[depth], data.bin * (1 << depth), fine);
    for (const k of fine) drawDetail(pen, view, k);
    pen.restore();
    drawAxis(pen, view, height, colours.getPropertyValue("--soft"));
    const still = detail.start.length && !fine.length && data.bin > span / 500 ? " – in outline; Next event leads to fine traces" : "";
    range.textContent = `${clock(data.tmin + start)} to ${clock(data.tmin + start + span)}${still}`;
    slider.max = Math.max(total - span, 0);
    slider.value = start;
  }

  function clock(t) {
    const h = Math.floor(t / 3600), m = Math.floor(t / 60) % 60, s = (t - 60 * Math.floor(t / 60)).toFixed(2);
    return total < 600 ? `${t.toFixed(2)} s` : `${h}:${String(m).padStart(2, "0")}:${s.padStart(5, "0")}`;
  }

  function detailsInView(view) {
    if ((data.bin / span) * view.width < 1.5) return [];
    const found = [];
    detail.start.forEach((t, k) => { if (t < start + span && t + detail.length > start) found.push(k); });
    return found;
  }

  function drawMarks(pen, view) {
    pen.fillStyle = "rgba(230, 159, 0, 0.35)";
    for (const [from, top, wide] of boxes(view, bursts)) pen.fillRect(from, top, wide, view.band - 4);
  }

  function drawSilences(pen, view) {
    pen.strokeStyle = "#CC79A7";
    pen.lineWidth = 1.5;
    for (const [from, top, wide] of boxes(view, silences)) pen.strokeRect(from, top, wide, view.band - 4);
  }

  function* boxes(view, marks) {
    for (let k = 0; k < marks.row.length; k++) {
      if (marks.offset[k] < start || marks.onset[k] > start + span) continue;
      const from = Math.max(view.x(marks.onset[k]), LEFT), to = Math.min(view.x(marks.offset[k]), view.width);
      yield [from, marks.row[k] * view.band + 2, Math.max(to - from, 1)];
    }
  }

  function drawNames(pen, view) {
    data.channels.forEach((channel, r) => {
      const reach = channel.scale / gain;
      const size = `±${reach >= 100 ? Math.round(reach) : reach.toPrecision(2)} ${channel.unit}`;
      pen.fillText(channel.label.slice(0, 14), 2, (r + 0.5) * view.band + 4);
      pen.globalAlpha = 0.6;
      pen.fillText(size, 92, (r + 0.5) * view.band + 4);
      pen.globalAlpha = 1;
    });
  }

  function drawBins(pen, view, r, low, high, offset, count, t0, bin) {
    const middle = (r + 0.5) * view.band, step = (gain * 0.48 * view.band) / 127;
    const wide = Math.max((bin / span) * (view.width - LEFT), 0.8);
    for (let i = 0; i < count; i++) {
      let bottom = low[offset + i], top = high[offset + i];
      if (bottom === MISSING) continue;
      if (i && low[offset + i - 1] !== MISSING) { // reach the bin before, so that a steep trace does not fall to pieces
        top = Math.max(top, low[offset + i - 1]);
        bottom = Math.min(bottom, high[offset + i - 1]);
      }
      pen.fillRect(view.x(t0 + i * bin), middle - top * step, wide, Math.max((top - bottom) * step, 0.8));
    }
  }

  function drawLevel(pen, view, level, bin, fine) {
    const first = Math.max(0, Math.floor(start / bin)), last = Math.min(level.bins, Math.ceil((start + span) / bin));
    pen.globalAlpha = fine.length ? 0.15 : 1;
    for (let r = 0; r < rows; r++) drawBins(pen, view, r, level.low, level.high, r * level.bins + first, last - first, first * bin, bin);
    pen.globalAlpha = 1;
  }

  function drawDetail(pen, view, k) {
    const n = data.detailBins;
    for (let r = 0; r < rows; r++) drawBins(pen, view, r, detail.low, detail.high, (k * rows + r) * n, n, detail.start[k], data.detailBin);
  }

  function drawAxis(pen, view, height, colour) {
    pen.fillStyle = colour;
    const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200].find((s) => span / s <= 8) || 14400;
    const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
    for (let t = Math.ceil((start + data.tmin) / step) * step; t <= start + span + data.tmin; t += step) {
      pen.fillRect(view.x(t - data.tmin), height - FOOT + 2, 1, 5);
      pen.fillText(step >= 60 ? `${(t / 60).toFixed(0)} min` : `${t.toFixed(digits)} s`, view.x(t - data.tmin) + 2, height - 8);
    }
    pen.fillRect(LEFT, height - FOOT + 2, view.width - LEFT, 1);
    for (const t of jerks) if (t >= start && t <= start + span) pen.fillRect(view.x(t) - 0.5, height - FOOT - 3, 1, 5);
  }

  function zoom(factor, at) {
    const next = Math.min(Math.max(span * factor, shortest), total);
    start = at - ((at - start) / span) * next;
    span = next;
    redraw();
  }
  const shown = () => start + span / 4; // where an event is put, and what the keys zoom about
  function amplify(factor) { gain *= factor; redraw(); }
  function pan(part) { start += part * span; redraw(); }
  function show(t) {
    if (span > 2 * glance) span = glance;
    start = t - span / 4; // what comes after an event is longer than what is to be seen before it
    redraw();
  }
  function toJerk(direction) {
    let best = null;
    for (const onset of goTo.length ? goTo : bursts.onset) {
      const ahead = direction * (onset - shown());
      if (ahead > 0.01 && (best === null || ahead < direction * (best - shown()))) best = onset;
    }
    if (best !== null) show(best);
  }
  const actions = {
    "zoom-in": () => zoom(0.5, shown()), "zoom-out": () => zoom(2, shown()), earlier: () => pan(-0.5), later: () => pan(0.5),
    larger: () => amplify(1.5), smaller: () => amplify(1 / 1.5),
    whole: () => { span = total; redraw(); }, previous: () => toJerk(-1), next: () => toJerk(1),
  };
  const keys = { "+": "zoom-in", "=": "zoom-in", "-": "zoom-out", ArrowLeft: "earlier", ArrowRight: "later", ArrowUp: "larger", ArrowDown: "smaller", "0": "whole", p: "previous", n: "next" };
  for (const button of document.querySelectorAll("button[data-do]")) button.addEventListener("click", actions[button.dataset.do]);
  for (const button of document.querySelectorAll("button[data-at]")) {
    button.addEventListener("click", () => { show(Number(button.dataset.at) - data.tmin); canvas.scrollIntoView({ block: "center" }); canvas.focus({ preventScroll: true }); });
  }
  const timeAt = (event) => start + ((event.offsetX - LEFT) / (canvas.clientWidth - LEFT)) * span;
  canvas.addEventListener("keydown", (event) => {
    const name = event.ctrlKey || event.metaKey || event.altKey ? null : keys[event.key];
    if (name) { event.preventDefault(); actions[name](); }
  });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.shiftKey) return;
    event.preventDefault();
    zoom((event.deltaY || event.deltaX) > 0 ? 1.25 : 0.8, timeAt(event));
  }, { passive: false });
  canvas.addEventListener("dblclick", (event) => zoom(0.25, timeAt(event)));
  let held = null;
  canvas.addEventListener("pointerdown", (event) => { held = timeAt(event); canvas.setPointerCapture(event.pointerId); });
  canvas.addEventListener("pointermove", (event) => { if (held !== null) { start += held - timeAt(event); redraw(); } });
  canvas.addEventListener("pointerup", () => { held = null; });
  slider.addEventListener("input", () => { start = Number(slider.value); redraw(); });
  window.addEventListener("resize", redraw);
  window.addEventListener("beforeprint", () => { for (const part of document.querySelectorAll("details:not(.listing)")) part.open = true; draw(); });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  canvas.style.height = `${Math.max(ROW * rows, LEAST) + FOOT}px`;
  draw();
})();
