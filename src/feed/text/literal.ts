/**
 * Text that a venue's usual message has in just this place: compared four bytes at a time. What is read by it is only a
 * shorter way to the same result; a message that is written in another way goes the general way (json-cursor.ts).
 */

export class Literal {
  readonly length: number;
  /** Little-endian words one behind the other; the last one ends where the text does, and overlaps the one before. */
  readonly words: Int32Array;

  /** `text`: ASCII, four characters at least. */
  constructor(text: string) {
    const bytes = Buffer.from(text, 'latin1');
    const last = bytes.length - 4;
    this.length = bytes.length;
    this.words = Int32Array.from({ length: Math.ceil(bytes.length / 4) }, (_, i) =>
      bytes.readInt32LE(Math.min(4 * i, last)),
    );
  }

  /** Whether it stands at `at`, in front of `end`. */
  isAt(view: DataView, at: number, end: number): boolean {
    const { words, length } = this;
    if (at + length > end) return false;
    const last = words.length - 1;
    for (let i = 0; i < last; i++) if (view.getInt32(at + (i << 2), true) !== words[i]) return false;
    return view.getInt32(at + length - 4, true) === words[last];
  }
}
