/**
 * Contrast of every text that is on the page, by WCAG 2.2 (relative luminance; 4.5:1, for large text 3:1). Colours are those the
 * browser computed, backgrounds are put together from all ancestors, opacity counts. What a key can't press any more is left out.
 */
import type { Page } from 'playwright-core';

export interface Faint {
  readonly text: string;
  readonly where: string;
  readonly ratio: number;
  readonly needed: number;
}

const IN_PAGE = `(() => {
  const rgba = (text) => {
    const [r = 0, g = 0, b = 0, a = 1] = (text.match(/[\\d.]+/g) ?? []).map(Number);
    return text.startsWith('color(srgb') ? [r * 255, g * 255, b * 255, a] : [r, g, b, a];
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const luminance = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  // Backgrounds that the text may stand on: a gradient has several.
  const grounds = (element) => {
    if (element === null) return [rgba(getComputedStyle(document.body).backgroundColor)];
    const style = getComputedStyle(element);
    const below = element.localName === 'dialog' ? [[255, 255, 255, 1]] : grounds(element.parentElement);
    const own = below.map((ground) => over(rgba(style.backgroundColor), ground));
    const shades = style.backgroundImage.match(/rgba?\\([^)]*\\)/g) ?? [];
    const shaded = shades.flatMap((shade) => own.map((ground) => over(rgba(shade), ground)));
    if (shades.length === 0) return own;
    return style.backgroundRepeat === 'no-repeat' ? [...own, ...shaded] : shaded;
  };
  const isClipped = (element) => element.closest('.unseen, button:disabled, .uplot, noscript') !== null;
  const seen = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    if (node.data.trim() === '' || isClipped(element) || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    let alpha = 1;
    for (let at = element; at !== null; at = at.parentElement) alpha *= Number(getComputedStyle(at).opacity);
    const px = Number.parseFloat(style.fontSize);
    const needed = px >= 24 || (px >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    for (const ground of grounds(element)) {
      const [r, g, b, a] = rgba(style.color);
      const found = ratio(over([r, g, b, a * alpha], ground), ground);
      const key = style.color + ' ' + ground.join() + ' ' + needed + ' ' + alpha;
      if (seen.has(key)) continue;
      const where = [element.closest('[id]')?.id ?? '', element.localName, element.className].join(' ').trim();
      seen.set(key, { text: node.data.trim().slice(0, 40), where, ratio: found, needed });
    }
  }
  return [...seen.values()];
})()`;

/** One entry a pair of colours, the least contrast first. */
export async function contrasts(page: Page): Promise<Faint[]> {
  const found = await page.evaluate<Faint[]>(IN_PAGE);
  return found.sort((a, b) => a.ratio / a.needed - b.ratio / b.needed);
}
