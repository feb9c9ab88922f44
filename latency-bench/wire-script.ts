/**
 * What the client of `wire-to-wire` sends, and what it must get for each: MoldUDP64 packets of one ITCH message, and the
 * order that follows from the book behind it. The books here are lists, searched from end to end.
 */
import { Prng } from '../src/core/prng.ts';

const INSTRUMENTS = 50;
const DEPTH = 20;
const BASE = 1_000_000;
const TICK = 100;
const HOUR_NS = 3_600_000_000_000;
export const ORDER_BYTES = 24;

interface Order {
  readonly ref: number;
  readonly isBid: boolean;
  readonly price: number;
  readonly qty: number;
}

export class WireScript {
  /** Datagrams that build the books, which are sent first. */
  readonly buildUp: number;
  private readonly parts: Buffer[] = [];
  private readonly random: Prng;
  private readonly books: Order[][] = Array.from({ length: INSTRUMENTS + 1 }, () => []);
  private sequence = 1;
  private refs = 0;

  /** `changes`: datagrams behind those, each of which changes a touch. */
  constructor(seed: number, changes: number) {
    this.random = new Prng(seed);
    for (let locate = 1; locate <= INSTRUMENTS; locate++) this.define(locate);
    for (let depth = 0; depth < DEPTH; depth++) {
      for (let locate = 1; locate <= INSTRUMENTS; locate++) {
        this.add(locate, true, BASE - depth * TICK);
        this.add(locate, false, BASE + (4 + depth) * TICK);
      }
    }
    this.buildUp = this.parts.length;
    for (let i = 0; i < changes; i++) this.change(1 + this.random.below(INSTRUMENTS));
    this.end();
  }

  /** As cxx/wire.cpp reads them. `isEcho`: the answer to each datagram is the datagram. */
  file(isEcho: boolean): Buffer {
    if (!isEcho) return Buffer.concat(this.parts);
    const echoed = this.parts.slice(0, -1).map((part) => {
      const packet = part.subarray(0, 2 + part.readUInt16LE(0));
      return Buffer.concat([packet, packet]);
    });
    return Buffer.concat([...echoed, Buffer.from([1, 0, 0, 0, 0])]);
  }

  private define(locate: number): void {
    const message = this.message('R', 39, locate);
    message.write(`T${locate}`.padEnd(8), 11, 'latin1');
    message.fill(' ', 19, 21);
    this.send(message, locate);
  }

  private add(locate: number, isBid: boolean, price: number): void {
    const order = { ref: ++this.refs, isBid, price, qty: 1 + this.random.below(1000) };
    this.books[locate].push(order);
    const message = this.message('A', 36, locate);
    message.writeBigUInt64BE(BigInt(order.ref), 11);
    message.write(isBid ? 'B' : 'S', 19, 'latin1');
    message.writeUInt32BE(order.qty, 20);
    message.write(`T${locate}`.padEnd(8), 24, 'latin1');
    message.writeUInt32BE(price, 32);
    this.send(message, locate);
  }

  /** A better bid than there is, or the end of the one there is. */
  private change(locate: number): void {
    const book = this.books[locate];
    const best = book.findIndex((order) => order.isBid && order.price > BASE);
    if (best < 0) {
      this.add(locate, true, BASE + TICK);
      return;
    }
    const [gone] = book.splice(best, 1);
    const message = this.message('D', 19, locate);
    message.writeBigUInt64BE(BigInt(gone.ref), 11);
    this.send(message, locate);
  }

  private message(type: string, length: number, locate: number): Buffer {
    const message = Buffer.alloc(length);
    message.write(type, 0, 'latin1');
    message.writeUInt16BE(locate, 1);
    message.writeUIntBE(9 * HOUR_NS + this.sequence * 1000, 5, 6);
    return message;
  }

  private send(message: Buffer, locate: number): void {
    const packet = Buffer.alloc(22 + message.length);
    this.header(packet, 1);
    packet.writeUInt16BE(message.length, 20);
    message.copy(packet, 22);
    this.push(packet, this.order(locate));
    this.sequence++;
  }

  private end(): void {
    const packet = Buffer.alloc(20);
    this.header(packet, 0xffff);
    this.push(packet, Buffer.alloc(0));
  }

  private header(packet: Buffer, count: number): void {
    packet.write('BENCH'.padEnd(10), 'latin1');
    packet.writeBigUInt64BE(BigInt(this.sequence), 10);
    packet.writeUInt16BE(count, 18);
  }

  /** Number of the packet, instrument, then price and quantity of the best bid and ask. */
  private order(locate: number): Buffer {
    const bytes = Buffer.alloc(ORDER_BYTES);
    bytes.writeUInt32LE(this.sequence, 0);
    bytes.writeUInt32LE(locate, 4);
    for (const [at, isBid] of [
      [8, true],
      [16, false],
    ] as const) {
      const side = this.books[locate].filter((order) => order.isBid === isBid);
      const prices = side.map((order) => order.price);
      const price = isBid ? Math.max(0, ...prices) : prices.reduce((low, one) => Math.min(low, one), BASE * 2);
      const qty = side.filter((order) => order.price === price).reduce((sum, order) => sum + order.qty, 0);
      bytes.writeUInt32LE(qty === 0 ? 0 : price, at);
      bytes.writeUInt32LE(qty, at + 4);
    }
    return bytes;
  }

  private push(packet: Buffer, answer: Buffer): void {
    const lengths = [packet, answer].map((one) => Buffer.of(one.length & 0xff, one.length >> 8));
    this.parts.push(Buffer.concat([lengths[0], packet, lengths[1], answer]));
  }
}
