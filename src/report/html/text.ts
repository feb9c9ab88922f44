/** Text for the page. */

/** For content and for quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** A span of time in the unit that reads best; may be negative, where the venue's clock and ours differ. */
export function spanText(ns: number): string {
  if (ns < 0) return `-${spanText(-ns)}`;
  if (ns < 1e3) return `${Math.round(ns)} ns`;
  if (ns < 1e6) return `${short(ns / 1e3)} µs`;
  if (ns < 1e9) return `${short(ns / 1e6)} ms`;
  if (ns < 120e9) return `${short(ns / 1e9)} s`;
  if (ns < 7200e9) return `${short(ns / 60e9)} min`;
  return `${short(ns / 3600e9)} h`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

export function shareText(value: number | null): string {
  return value === null ? '-' : `${(value * 100).toFixed(1)} %`;
}

export function countText(value: number): string {
  return value.toLocaleString('en-US');
}
