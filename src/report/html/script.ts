/**
 * The page's script: draws the charts of chart-data.ts on canvases, and says the values under pointer or arrow keys. Runs
 * in a browser, so it is text here; no library, no network. All charts share their time axis and their cursor.
 */
export const SCRIPT = `
'use strict';
(() => {
  const set = JSON.parse(document.getElementById('chart-data').textContent);
  const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3], [4, 4], [1, 4]];
  const LEFT = 64, RIGHT = 10, TOP = 8, BOTTOM = 22;
  let cursorMs = null;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const fixed = (value, decimals) => value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

  // Time of day (UTC) from ms after the start; where the log knows no day, the hours go on past 23.
  function timeText(ms, digits) {
    const ns = set.startNs + ms * 1e6;
    const s = Math.max(0, ns / 1e9);
    const two = (n) => String(Math.floor(n)).padStart(2, '0');
    const hours = set.midnightNs === '0' ? s / 3600 : (s / 3600) % 24;
    const whole = two(hours) + ':' + two((s / 60) % 60) + ':' + two(s % 60);
    return digits === 0 ? whole : whole + (s % 1).toFixed(digits).slice(1);
  }

  // Steps of 1, 2 or 5 times a power of ten; of time also of minutes and hours.
  function ticks(low, high, wanted) {
    const rough = (high - low) / wanted;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) || rough;
    const found = [];
    for (let v = Math.ceil(low / step) * step; v <= high + step * 1e-9; v += step) found.push(Math.abs(v) < step * 1e-9 ? 0 : v);
    return { found, step };
  }
  function timeTicks(low, high, wanted) {
    const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 108e5, 216e5, 432e5, 864e5];
    const step = steps.find((s) => (high - low) / s <= wanted) || 864e5;
    const origin = set.startNs / 1e6;
    const found = [];
    for (let v = Math.ceil((low + origin) / step) * step - origin; v <= high; v += step) found.push(v);
    return { found, step };
  }

  // Index of the last time that is not after ms; -1 before the first.
  function indexAt(times, ms) {
    let low = 0, high = times.length;
    while (low < high) { const mid = (low + high) >> 1; if (times[mid] <= ms) low = mid + 1; else high = mid; }
    return low - 1;
  }

  class Plot {
    constructor(chart, canvas) {
      this.chart = chart;
      this.canvas = canvas;
      this.readout = canvas.parentElement.querySelector('.readout');
      let low = Infinity, high = -Infinity;
      const see = (v) => { if (v < low) low = v; if (v > high) high = v; };
      for (const line of chart.lines) line.v.forEach(see);
      if (chart.fills) chart.fills.px.forEach(see);
      if (!chart.fills) see(0);
      if (!(low <= high)) { low = 0; high = 1; }
      if (low === high) { low -= 1; high += 1; }
      const pad = (high - low) * 0.06;
      this.low = low === 0 ? 0 : low - pad;
      this.high = high === 0 ? 0 : high + pad;
      this.end = Math.max(set.endMs, 1e-3);
      canvas.addEventListener('pointermove', (event) => moveTo(this.msAt(event.offsetX), this, event.offsetY));
      canvas.addEventListener('pointerdown', (event) => moveTo(this.msAt(event.offsetX), this, event.offsetY));
      canvas.addEventListener('pointerleave', (event) => { if (event.pointerType === 'mouse' && document.activeElement !== canvas) moveTo(null, this); });
      canvas.addEventListener('keydown', (event) => this.onKey(event));
      canvas.addEventListener('blur', () => moveTo(null, this));
    }
    x(ms) { return LEFT + (ms / this.end) * (this.width - LEFT - RIGHT); }
    y(value) { return TOP + ((this.high - value) / (this.high - this.low)) * (this.height - TOP - BOTTOM); }
    msAt(x) { return Math.min(this.end, Math.max(0, ((x - LEFT) / (this.width - LEFT - RIGHT)) * this.end)); }
    onKey(event) {
      const moves = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20 };
      const far = this.end / 200;
      if (event.key in moves) moveTo(Math.min(this.end, Math.max(0, (cursorMs === null ? 0 : cursorMs) + moves[event.key] * far)), this);
      else if (event.key === 'Home') moveTo(0, this);
      else if (event.key === 'End') moveTo(this.end, this);
      else if (event.key === 'Escape') moveTo(null, this);
      else return;
      event.preventDefault();
    }
    size() {
      const ratio = window.devicePixelRatio || 1;
      this.width = this.canvas.clientWidth;
      this.height = this.canvas.clientHeight;
      this.canvas.width = Math.round(this.width * ratio);
      this.canvas.height = Math.round(this.height * ratio);
      this.g = this.canvas.getContext('2d');
      this.g.setTransform(ratio, 0, 0, ratio, 0, 0);
    }
    draw() {
      this.size();
      const { g, chart } = this;
      g.clearRect(0, 0, this.width, this.height);
      this.axes();
      g.save();
      g.beginPath();
      g.rect(LEFT, TOP - 1, this.width - LEFT - RIGHT, this.height - TOP - BOTTOM + 2);
      g.clip();
      chart.lines.forEach((line, i) => this.line(line, i));
      if (chart.fills) this.marks(chart.fills);
      g.restore();
      this.cursor();
    }
    axes() {
      const { g } = this;
      g.font = '12px system-ui, sans-serif';
      g.lineWidth = 1;
      const vertical = ticks(this.low, this.high, Math.max(2, this.height / 38));
      const decimals = Math.max(0, Math.min(8, -Math.floor(Math.log10(vertical.step) + 1e-9)));
      g.textAlign = 'right';
      g.textBaseline = 'middle';
      for (const value of vertical.found) {
        const y = Math.round(this.y(value)) + 0.5;
        g.strokeStyle = colour(value === 0 ? '--faint' : '--grid');
        g.beginPath(); g.moveTo(LEFT, y); g.lineTo(this.width - RIGHT, y); g.stroke();
        g.fillStyle = colour('--faint');
        g.fillText(fixed(value, decimals), LEFT - 8, y);
      }
      const horizontal = timeTicks(0, this.end, Math.max(2, (this.width - LEFT) / 80));
      g.textBaseline = 'top';
      for (const ms of horizontal.found) {
        const x = Math.round(this.x(ms)) + 0.5;
        g.strokeStyle = colour('--grid');
        g.beginPath(); g.moveTo(x, TOP); g.lineTo(x, this.height - BOTTOM); g.stroke();
        g.fillStyle = colour('--faint');
        g.textAlign = x > this.width - 40 ? 'right' : 'center';
        g.fillText(timeText(ms, horizontal.step < 1e3 ? 3 : 0), Math.min(x, this.width - 2), this.height - BOTTOM + 5);
      }
    }
    line(line, i) {
      const { g, chart } = this;
      if (line.t.length === 0) return;
      g.strokeStyle = colour(chart.fills ? '--line' : '--s' + (i % 6));
      g.lineWidth = chart.fills ? 1.2 : 1.7;
      g.setLineDash(DASHES[i % DASHES.length]);
      g.lineJoin = 'round';
      g.beginPath();
      for (let k = 0; k < line.t.length; k++) {
        const x = this.x(line.t[k]);
        if (k === 0) g.moveTo(x, this.y(line.v[k]));
        else {
          if (line.step) g.lineTo(x, this.y(line.v[k - 1]));
          g.lineTo(x, this.y(line.v[k]));
        }
      }
      g.stroke();
      g.setLineDash([]);
      if (!chart.area) return;
      g.lineTo(this.x(line.t[line.t.length - 1]), this.y(0));
      g.lineTo(this.x(line.t[0]), this.y(0));
      g.closePath();
      g.globalAlpha = 0.16;
      g.fillStyle = g.strokeStyle;
      g.fill();
      g.globalAlpha = 1;
    }
    // Buys point up and lie under their price, sells point down and lie over it; hollow: taker.
    marks(fills) {
      const { g } = this;
      const size = fills.t.length > 300 ? 3.2 : 4.5;
      for (let k = 0; k < fills.t.length; k++) {
        const up = fills.qty[k] > 0 ? 1 : -1;
        const x = this.x(fills.t[k]);
        const y = this.y(fills.px[k]);
        g.fillStyle = g.strokeStyle = colour2(up > 0 ? '--buy' : '--sell');
        g.lineWidth = 1.3;
        g.beginPath();
        g.moveTo(x, y);
        g.lineTo(x - size, y + up * size * 1.7);
        g.lineTo(x + size, y + up * size * 1.7);
        g.closePath();
        if (fills.isMaker[k]) g.fill(); else g.stroke();
      }
    }
    cursor() {
      const { g, chart, readout } = this;
      if (cursorMs === null) { readout.textContent = ''; return; }
      const x = this.x(cursorMs);
      g.strokeStyle = colour('--faint');
      g.lineWidth = 1;
      g.setLineDash([3, 3]);
      g.beginPath(); g.moveTo(x, TOP); g.lineTo(x, this.height - BOTTOM); g.stroke();
      g.setLineDash([]);
      const parts = [timeText(cursorMs, 3)];
      chart.lines.forEach((line, i) => {
        const k = indexAt(line.t, cursorMs);
        if (k < 0) return;
        g.fillStyle = colour(chart.fills ? '--line' : '--s' + (i % 6));
        g.beginPath(); g.arc(x, this.y(line.v[k]), 3.5, 0, 7); g.fill();
        parts.push(line.name + ' ' + fixed(line.v[k], chart.decimals) + (chart.unit ? ' ' + chart.unit : ''));
      });
      if (chart.fills) {
        const k = this.nearestFill();
        if (k >= 0) {
          const f = chart.fills;
          g.strokeStyle = colour('--text');
          g.lineWidth = 1.5;
          g.beginPath(); g.arc(this.x(f.t[k]), this.y(f.px[k]), 9, 0, 7); g.stroke();
          parts.push('fill at ' + timeText(f.t[k], 6) + ': ' + Math.abs(f.qty[k]) + ' at ' + fixed(f.px[k], chart.decimals) + ', ' + f.text[k]);
        }
      }
      readout.textContent = parts.join(' · ');
    }
    nearestFill() {
      const f = this.chart.fills;
      const at = indexAt(f.t, cursorMs);
      let best = -1, least = 20 * 20;
      for (let k = Math.max(0, at - 60); k < Math.min(f.t.length, at + 60); k++) {
        const dx = this.x(f.t[k]) - this.x(cursorMs);
        const dy = pointerPlot === this && pointerY !== null ? (this.y(f.px[k]) - pointerY) / 3 : 0;
        if (dx * dx + dy * dy < least) { least = dx * dx + dy * dy; best = k; }
      }
      return best;
    }
  }

  // Style lookups are slow: thousands of marks use two colours.
  let cache = {};
  function colour2(name) { return cache[name] || (cache[name] = colour(name)); }

  let pointerPlot = null, pointerY = null;
  const plots = set.charts.map((chart) => new Plot(chart, document.getElementById(chart.id)));
  let asked = false;
  function redraw() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; cache = {}; for (const plot of plots) plot.draw(); });
  }
  function moveTo(ms, plot, y) {
    cursorMs = ms;
    pointerPlot = plot;
    pointerY = y === undefined ? null : y;
    redraw();
  }
  addEventListener('resize', redraw);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  redraw();
})();
`;
