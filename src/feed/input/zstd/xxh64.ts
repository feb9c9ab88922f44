/**
 * XXH64 with seed 0, streaming: the content checksum of zstd frames (RFC 8878 section 3.1.1; algorithm: xxHash
 * specification 0.1.1). 64-bit values are pairs of int32, low word first; no BigInt, 32-byte stripes without allocation.
 */
const P1 = 0x9e3779b185ebca87n;
const P2 = 0xc2b2ae3d27d4eb4fn;
const P3 = 0x165667b19e3779f9n;
const P4 = 0x85ebca77c2b2ae63n;
const P5 = 0x27d4eb2f165667c5n;
const MASK = 0xffffffffffffffffn;

const P1_LO = Number(P1 & 0xffffffffn) | 0;
const P1_HI = Number(P1 >> 32n) | 0;
const P2_LO = Number(P2 & 0xffffffffn) | 0;
const P2_HI = Number(P2 >> 32n) | 0;

/** High 32 bits of the unsigned product of two 32-bit words. */
function mulHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const p01 = Math.imul(a0, b1) >>> 0;
  const p10 = Math.imul(a1, b0) >>> 0;
  const mid = (Math.imul(a0, b0) >>> 16) + (p01 & 0xffff) + (p10 & 0xffff);
  return (Math.imul(a1, b1) + (p01 >>> 16) + (p10 >>> 16) + (mid >>> 16)) | 0;
}

function rotl64(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (64n - bits))) & MASK;
}

export class Xxh64 {
  private readonly acc = new Int32Array(8);
  private readonly tail = new Uint8Array(32);
  private tailBytes = 0;
  private total = 0;

  constructor() {
    this.setLane(0, (P1 + P2) & MASK);
    this.setLane(1, P2);
    this.setLane(2, 0n);
    this.setLane(3, -P1 & MASK);
  }

  update(bytes: Uint8Array): void {
    this.total += bytes.length;
    let at = 0;
    if (this.tailBytes > 0) {
      at = Math.min(32 - this.tailBytes, bytes.length);
      this.tail.set(bytes.subarray(0, at), this.tailBytes);
      this.tailBytes += at;
      if (this.tailBytes < 32) return;
      this.stripes(this.tail, 0, 32);
      this.tailBytes = 0;
    }
    const whole = at + ((bytes.length - at) & ~31);
    this.stripes(bytes, at, whole);
    this.tail.set(bytes.subarray(whole));
    this.tailBytes = bytes.length - whole;
  }

  /** The low 32 bits of the digest, unsigned: what a zstd frame stores. */
  low32(): number {
    return Number(this.digest() & 0xffffffffn);
  }

  digest(): bigint {
    let hash = this.total >= 32 ? this.mergedLanes() : P5;
    hash = (hash + BigInt(this.total)) & MASK;
    const view = new DataView(this.tail.buffer);
    let at = 0;
    for (; at + 8 <= this.tailBytes; at += 8) {
      hash = (rotl64(hash ^ roundBig(0n, view.getBigUint64(at, true)), 27n) * P1 + P4) & MASK;
    }
    if (at + 4 <= this.tailBytes) {
      hash = (rotl64(hash ^ ((BigInt(view.getUint32(at, true)) * P1) & MASK), 23n) * P2 + P3) & MASK;
      at += 4;
    }
    for (; at < this.tailBytes; at++) {
      hash = (rotl64(hash ^ ((BigInt(this.tail[at]) * P5) & MASK), 11n) * P1) & MASK;
    }
    hash = ((hash ^ (hash >> 33n)) * P2) & MASK;
    hash = ((hash ^ (hash >> 29n)) * P3) & MASK;
    return hash ^ (hash >> 32n);
  }

  private mergedLanes(): bigint {
    const lanes = [0, 1, 2, 3].map((lane) => this.lane(lane));
    let hash = 0n;
    for (const [lane, value] of lanes.entries()) hash += rotl64(value, [1n, 7n, 12n, 18n][lane]);
    hash &= MASK;
    for (const value of lanes) hash = ((hash ^ roundBig(0n, value)) * P1 + P4) & MASK;
    return hash;
  }

  /** One lane after the other: its accumulator stays in registers. */
  private stripes(bytes: Uint8Array, from: number, to: number): void {
    for (let lane = 0; lane < 4; lane++) this.laneStripes(lane, bytes, from + lane * 8, to);
  }

  /** acc = rotl(acc + input * P2, 31) * P1 for every 32nd byte on. */
  private laneStripes(lane: number, bytes: Uint8Array, from: number, to: number): void {
    let low = this.acc[lane * 2];
    let high = this.acc[lane * 2 + 1];
    for (let at = from; at < to; at += 32) {
      const inLow = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
      const inHigh = bytes[at + 4] | (bytes[at + 5] << 8) | (bytes[at + 6] << 16) | (bytes[at + 7] << 24);
      const productLow = Math.imul(inLow, P2_LO);
      const productHigh = (mulHigh(inLow, P2_LO) + Math.imul(inLow, P2_HI) + Math.imul(inHigh, P2_LO)) | 0;
      const sumLow = (low + productLow) | 0;
      const sumHigh = (high + productHigh + (sumLow >>> 0 < productLow >>> 0 ? 1 : 0)) | 0;
      const rotatedLow = (sumLow << 31) | (sumHigh >>> 1);
      const rotatedHigh = (sumHigh << 31) | (sumLow >>> 1);
      low = Math.imul(rotatedLow, P1_LO);
      high = (mulHigh(rotatedLow, P1_LO) + Math.imul(rotatedLow, P1_HI) + Math.imul(rotatedHigh, P1_LO)) | 0;
    }
    this.acc[lane * 2] = low;
    this.acc[lane * 2 + 1] = high;
  }

  private lane(lane: number): bigint {
    return BigInt.asUintN(64, (BigInt(this.acc[lane * 2 + 1]) << 32n) | BigInt(this.acc[lane * 2] >>> 0));
  }

  private setLane(lane: number, value: bigint): void {
    this.acc[lane * 2] = Number(BigInt.asIntN(32, value));
    this.acc[lane * 2 + 1] = Number(BigInt.asIntN(32, value >> 32n));
  }
}

function roundBig(acc: bigint, input: bigint): bigint {
  return (rotl64((acc + input * P2) & MASK, 31n) * P1) & MASK;
}
