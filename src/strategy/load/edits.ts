/** Changes to a source text at positions of the original, that keep every line where it is. */
export class Edits {
  /** Put in at a position: ends of constructs first (the inner one before the outer), then beginnings (outer first). */
  private readonly ends = new Map<number, string>();
  private readonly beginnings = new Map<number, string>();
  /** By start: the end of what is replaced, and by what. */
  private readonly replaced = new Map<number, { readonly end: number; readonly text: string }>();

  /** To be called for the outer construct before the inner one. */
  wrap(start: number, before: string, end: number, after: string): void {
    this.insert(start, before);
    this.ends.set(end, after + (this.ends.get(end) ?? ''));
  }

  insert(at: number, text: string): void {
    this.beginnings.set(at, (this.beginnings.get(at) ?? '') + text);
  }

  /** The text from start to end goes, with every edit inside of it; its line breaks stay. */
  replace(start: number, end: number, text: string): void {
    this.replaced.set(start, { end, text });
  }

  apply(source: string): string {
    const places = new Set([...this.ends.keys(), ...this.beginnings.keys(), ...this.replaced.keys()]);
    let text = '';
    let at = 0;
    for (const place of [...places].sort((a, b) => a - b)) {
      if (place < at) continue; // inside of what was replaced
      text += source.slice(at, place) + (this.ends.get(place) ?? '');
      at = place;
      const replaced = this.replaced.get(place);
      if (replaced === undefined) {
        text += this.beginnings.get(place) ?? '';
      } else {
        text += (this.beginnings.get(place) ?? '') + replaced.text + lineBreaks(source.slice(place, replaced.end));
        at = replaced.end;
      }
    }
    return text + source.slice(at);
  }
}

function lineBreaks(text: string): string {
  return text.replace(/[^\n\r\u2028\u2029]/g, '');
}
