/**
 * Names of our orders at a venue: `th<tag>-<n>`, the tag 8 hex digits that are fixed per log, n the engine's ClOrdID. An order
 * with another name is somebody else's: it is told, never touched.
 */
import { assert } from '../core/assert.ts';

/** The ClOrdID of an order that is not ours. */
export const NOT_OURS = 0;

export class OrderTag {
  private readonly prefix: string;

  /** `tag`: 8 hex digits, lower case. */
  constructor(tag: string) {
    assert(/^[0-9a-f]{8}$/.test(tag), 'a tag has 8 hex digits');
    this.prefix = `th${tag}-`;
  }

  nameOf(clOrdId: number): string {
    return `${this.prefix}${clOrdId}`;
  }

  /** NOT_OURS where the name does not have our tag, or is not exactly what `nameOf` makes. */
  clOrdIdOf(name: string): number {
    if (!name.startsWith(this.prefix)) return NOT_OURS;
    const clOrdId = Number(name.slice(this.prefix.length));
    return Number.isSafeInteger(clOrdId) && clOrdId > 0 && this.nameOf(clOrdId) === name ? clOrdId : NOT_OURS;
  }
}
