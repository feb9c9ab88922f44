/** Light or dark: as the system says, or as was chosen here (remembered); colours of the style sheet for what is drawn on canvas. */

const KEY = 'tapehead-theme';
export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

export function currentTheme(): Theme {
  const chosen = stored();
  return THEMES.find((theme) => theme === chosen) ?? 'system';
}

export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // A browser that keeps nothing: the choice holds until the page is left.
  }
  colours.clear();
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

const colours = new Map<string, string>();
let probe: HTMLElement | null = null;

/** What a custom property such as `--bid` comes to in the theme of the moment, as rgb(). */
export function colour(name: string): string {
  const known = colours.get(name);
  if (known !== undefined) return known;
  if (probe === null) {
    probe = document.createElement('span');
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = `var(${name})`;
  const value = getComputedStyle(probe).color;
  colours.set(name, value);
  return value;
}

/** Red, green and blue, 0-255, of a colour as above. */
export function channels(name: string): readonly [number, number, number] {
  const [red = 0, green = 0, blue = 0] = (colour(name).match(/[\d.]+/g) ?? []).map(Number);
  return [red, green, blue];
}

/** Calls back when the system changes its mind. */
export function onSystemTheme(changed: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    colours.clear();
    changed();
  });
}
