/**
 * Looks at a client's frame before anything is made of it: MessagePack of limited depth, size and kinds, and nothing behind it.
 * Extension types, binary data and maps with keys that mean something to JavaScript objects are refused.
 */
import { isUtf8 } from 'node:buffer';
import { decode } from '@msgpack/msgpack';

/** Arrays and maps within one another. */
const MAX_DEPTH = 8;
/** Values in a frame, keys included. */
const MAX_VALUES = 512;
const MAX_STRING_BYTES = 1024;
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

class Refusal extends Error {}

/** The decoded frame, or what is wrong with it. */
export function readFrame(frame: Buffer): { readonly value: readonly unknown[] } | { readonly problem: string } {
  try {
    new Scan(frame).run();
    const value = decode(frame);
    return Array.isArray(value) ? { value } : { problem: 'a frame is an array' };
  } catch (error) {
    return { problem: error instanceof Refusal ? error.message : 'not MessagePack' };
  }
}

class Scan {
  private readonly bytes: Buffer;
  private at = 0;
  private values = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  run(): void {
    this.value(0);
    if (this.at !== this.bytes.length) throw new Refusal('bytes behind the frame');
  }

  private value(depth: number): void {
    if (depth > MAX_DEPTH) throw new Refusal('nested too deeply');
    if (++this.values > MAX_VALUES) throw new Refusal('too many values');
    const type = this.take(1);
    if (type <= 0x7f || type >= 0xe0) return;
    if (type <= 0x8f) this.map(type & 0x0f, depth);
    else if (type <= 0x9f) this.list(type & 0x0f, depth);
    else if (type <= 0xbf) this.text(type & 0x1f);
    else this.longer(type, depth);
  }

  private longer(type: number, depth: number): void {
    switch (type) {
      case 0xc0: // nil
      case 0xc2: // false
      case 0xc3: // true
        return;
      case 0xca: // float 32
      case 0xce: // uint 32
      case 0xd2: // int 32
        this.skip(4);
        return;
      case 0xcb: // float 64
      case 0xcf: // uint 64
      case 0xd3: // int 64
        this.skip(8);
        return;
      case 0xcc: // uint 8
      case 0xd0: // int 8
        this.skip(1);
        return;
      case 0xcd: // uint 16
      case 0xd1: // int 16
        this.skip(2);
        return;
      case 0xd9:
      case 0xda:
      case 0xdb:
        this.text(this.take(1 << (type - 0xd9)));
        return;
      case 0xdc:
      case 0xdd:
        this.list(this.take(type === 0xdc ? 2 : 4), depth);
        return;
      case 0xde:
      case 0xdf:
        this.map(this.take(type === 0xde ? 2 : 4), depth);
        return;
      default:
        throw new Refusal('binary data or an extension type');
    }
  }

  private list(count: number, depth: number): void {
    if (count > MAX_VALUES) throw new Refusal('too many values');
    for (let i = 0; i < count; i++) this.value(depth + 1);
  }

  private map(count: number, depth: number): void {
    if (count > MAX_VALUES) throw new Refusal('too many values');
    const keys = new Set<string>();
    for (let i = 0; i < count; i++) {
      const key = this.key();
      if (FORBIDDEN_KEYS.has(key) || keys.has(key)) throw new Refusal('a key that no map may have');
      keys.add(key);
      this.value(depth + 1);
    }
  }

  private key(): string {
    const type = this.take(1);
    const isShort = type >= 0xa0 && type <= 0xbf;
    if (!isShort && type !== 0xd9) throw new Refusal('a key that is no short text');
    const length = isShort ? type & 0x1f : this.take(1);
    const from = this.at;
    this.text(length);
    return this.bytes.toString('utf8', from, this.at);
  }

  private text(length: number): void {
    if (length > MAX_STRING_BYTES) throw new Refusal('too long a text');
    const from = this.at;
    this.skip(length);
    if (!isUtf8(this.bytes.subarray(from, this.at))) throw new Refusal('text that is no UTF-8');
  }

  /** A big-endian number of so many bytes. */
  private take(size: number): number {
    const from = this.at;
    this.skip(size);
    return this.bytes.readUIntBE(from, size);
  }

  private skip(size: number): void {
    this.at += size;
    if (this.at > this.bytes.length) throw new Refusal('cut short');
  }
}
