"use strict";
// The whole recording in one canvas: min/max envelopes, halved level by level, with the marked bursts.
(function () {
  const data = JSON.parse(document.getElementById("viewer-data").textContent);
  const canvas = document.getElementById("viewer");
  const range = document.getElementById("viewer-range");
  const slider = document.getElementById("viewer-slider");
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const rows = data.channels.length;
  const total = data.bins * data.bin;
  const shortest = Math.max(20 * data.bin, 0.1);
  const marks = {
    row: new Int32Array(bytes(data.burstRow).buffer),
    onset: new Float64Array(bytes(data.burstOnset).buffer),
    offset: new Float64Array(bytes(data.burstOffset).buffer),
  };
  const levels = [{ low: new Int8Array(bytes(data.low).buffer), high: new Int8Array(bytes(data.high).buffer), bins: data.bins }];
  while (levels[levels.length - 1].bins > 2000) levels.push(halve(levels[levels.length - 1]));
  let span = Math.min(total, 5);
  let start = data.lookAt - span / 2;
  let gain = 1;

  function halve(fine) {
    const bins = Math.ceil(fine.bins / 2);
    const low = new Int8Array(rows * bins).fill(-128);
    const high = new Int8Array(rows * bins).fill(-128);
    for (let r = 0; r < rows; r++) {
      for (let i = 0; i < fine.bins; i++) {
        const from = r * fine.bins + i, to = r * bins + (i >> 1);
        if (fine.low[from] === -128) continue;
        low[to] = low[to] === -128 ? fine.low[from] : Math.min(low[to], fine.low[from]);
        high[to] = high[to] === -128 ? fine.high[from] : Math.max(high[to], fine.high[from]);
      }
    }
    return { low, high, bins };
  }

  function draw() {
    span = Math.min(Math.max(span, shortest), total);
    start = Math.min(Math.max(start, 0), total - span);
    const style = getComputedStyle(document.documentElement);
    const scale = window.devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight, left = 130, band = (height - 24) / rows;
    canvas.width = width * scale;
    canvas.height = height * scale;
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    pen.font = "11px system-ui, sans-serif";
    const x = (t) => left + ((t - start) / span) * (width - left);
    drawMarks(pen, x, left, band, width);
    let depth = 0;
    while (depth + 1 < levels.length && (span / data.bin / (1 << (depth + 1))) > width - left) depth++;
    drawTraces(pen, x, left, band, levels[depth], data.bin * (1 << depth), style.getPropertyValue("--ink"));
    drawAxis(pen, x, height, style.getPropertyValue("--soft"));
    range.textContent = `${(data.tmin + start).toFixed(2)} to ${(data.tmin + start + span).toFixed(2)} s`;
    slider.max = Math.max(total - span, 0);
    slider.value = start;
  }

  function drawMarks(pen, x, left, band, width) {
    pen.fillStyle = "rgba(230, 159, 0, 0.35)";
    for (let k = 0; k < marks.row.length; k++) {
      if (marks.offset[k] < start || marks.onset[k] > start + span) continue;
      const from = Math.max(x(marks.onset[k]), left), to = Math.min(x(marks.offset[k]), width);
      pen.fillRect(from, marks.row[k] * band + 2, Math.max(to - from, 1), band - 4);
    }
  }

  function drawTraces(pen, x, left, band, level, bin, ink) {
    const first = Math.max(0, Math.floor(start / bin)), last = Math.min(level.bins, Math.ceil((start + span) / bin));
    pen.fillStyle = ink;
    for (let r = 0; r < rows; r++) {
      const middle = (r + 0.5) * band, step = (gain * 0.48 * band) / 127;
      pen.fillText(data.channels[r].label.slice(0, 20), 2, middle + 4);
      for (let i = first; i < last; i++) {
        const low = level.low[r * level.bins + i];
        if (low === -128) continue;
        const high = level.high[r * level.bins + i];
        const from = Math.max(x(i * bin), left), to = x((i + 1) * bin);
        if (to > left) pen.fillRect(from, middle - high * step, Math.max(to - from, 0.8), Math.max((high - low) * step, 0.8));
      }
    }
  }

  function drawAxis(pen, x, height, colour) {
    pen.fillStyle = colour;
    const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200].find((s) => span / s <= 8) || 14400;
    const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
    for (let t = Math.ceil((start + data.tmin) / step) * step; t <= start + span + data.tmin; t += step) {
      pen.fillRect(x(t - data.tmin), height - 22, 1, 5);
      pen.fillText(`${t.toFixed(digits)} s`, x(t - data.tmin) + 2, height - 6);
    }
  }

  function zoom(factor) { const middle = start + span / 2; span *= factor; span = Math.min(Math.max(span, shortest), total); start = middle - span / 2; draw(); }
  function amplify(factor) { gain *= factor; draw(); }
  function pan(part) { start += part * span; draw(); }
  function toBurst(direction) {
    const middle = start + span / 2;
    let best = null;
    for (const onset of marks.onset) {
      const ahead = direction * (onset - middle);
      if (ahead > 0.05 * span && (best === null || ahead < direction * (best - middle))) best = onset;
    }
    if (best !== null) { start = best - span / 2; draw(); }
  }
  const actions = {
    "zoom-in": () => zoom(0.5), "zoom-out": () => zoom(2), earlier: () => pan(-0.5), later: () => pan(0.5),
    larger: () => amplify(1.5), smaller: () => amplify(1 / 1.5),
    whole: () => { span = total; draw(); }, previous: () => toBurst(-1), next: () => toBurst(1),
  };
  const keys = { "+": "zoom-in", "=": "zoom-in", "-": "zoom-out", ArrowLeft: "earlier", ArrowRight: "later", ArrowUp: "larger", ArrowDown: "smaller", "0": "whole", p: "previous", n: "next" };
  for (const button of document.querySelectorAll("button[data-do]")) button.addEventListener("click", actions[button.dataset.do]);
  canvas.addEventListener("keydown", (event) => { const name = keys[event.key]; if (name) { event.preventDefault(); actions[name](); } });
  canvas.addEventListener("wheel", (event) => { if (event.ctrlKey || event.shiftKey) { event.preventDefault(); zoom(event.deltaY > 0 ? 1.25 : 0.8); } }, { passive: false });
  slider.addEventListener("input", () => { start = Number(slider.value); draw(); });
  window.addEventListener("resize", draw);
  draw();
})();
