import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c, recordCrc32c } from '../../src/audit/crc32c.ts';
import { Prng } from '../../src/core/prng.ts';

/** One bit at a time, as the definition has it. */
function bitByBit(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

test('CRC-32C gives the values of RFC 3720, appendix B.4', () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
  // An iSCSI SCSI Read (10) command PDU, the last vector of B.4.
  const pdu = new Uint8Array(48);
  for (const [at, value] of [
    [0, 0x01],
    [1, 0xc0],
    [16, 0x14],
    [22, 0x04],
    [27, 0x14],
    [31, 0x18],
    [32, 0x28],
    [40, 0x02],
  ]) {
    pdu[at] = value;
  }
  const vectors: [Uint8Array, number][] = [
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [ascending, 0x46dd794e],
    [ascending.slice().reverse(), 0x113fdb5c],
    [pdu, 0xd9963a56],
  ];
  for (const [bytes, expected] of vectors) {
    assert.equal(crc32c(bytes), expected);
    assert.equal(bitByBit(bytes), expected);
  }
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
});

test('CRC-32C of records agrees with the bit-by-bit twin at every length and place', () => {
  const prng = new Prng(7);
  const u32 = new Uint32Array(4096);
  for (let i = 0; i < u32.length; i++) u32[i] = prng.u32();
  const bytes = new Uint8Array(u32.buffer);
  for (let words = 6; words <= 64; words += 2) {
    for (let round = 0; round < 8; round++) {
      const at = 2 * prng.below((u32.length - words) / 2);
      const body = bytes.subarray(at * 4 + 4, (at + words) * 4);
      const expected = bitByBit(body);
      assert.equal(recordCrc32c(u32, at, words), expected);
      assert.equal(crc32c(bytes, at * 4 + 4, (at + words) * 4), expected);
    }
  }
});
