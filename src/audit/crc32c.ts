/**
 * CRC-32C (Castagnoli, reflected polynomial 0x82f63b78; RFC 3720 section 12.1), slicing by 8: two 32-bit words per step
 * through eight tables of 1 KiB, which stay in the first-level cache. 33 ns per 80-byte record on the machine of
 * 2026-11; slicing by 16 and interleaving two records measured slower there (the lookups are the limit, not latency).
 */
const POLYNOMIAL = 0x82f63b78;

/** Table k advances a byte through k + 1 zero bytes. */
const [T0, T1, T2, T3, T4, T5, T6, T7] = (() => {
  const tables: Int32Array[] = [];
  for (let k = 0; k < 8; k++) {
    const table = new Int32Array(256);
    for (let i = 0; i < 256; i++) {
      if (k === 0) {
        let crc = i;
        for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
        table[i] = crc;
      } else {
        const previous = tables[k - 1][i];
        table[i] = tables[0][previous & 255] ^ (previous >>> 8);
      }
    }
    tables.push(table);
  }
  return tables;
})();

/**
 * The checksum of a record in word-aligned memory: everything after its first word (which holds the checksum). `at` and
 * `words` count 32-bit words; `words` is even, as record lengths are multiples of 8. Little-endian hosts only.
 */
export function recordCrc32c(u32: Uint32Array, at: number, words: number): number {
  let crc = ~u32[at + 1];
  crc = T3[crc & 255] ^ T2[(crc >>> 8) & 255] ^ T1[(crc >>> 16) & 255] ^ T0[crc >>> 24];
  for (let i = at + 2, end = at + words; i < end; i += 2) {
    const high = u32[i + 1];
    crc ^= u32[i];
    crc =
      T7[crc & 255] ^
      T6[(crc >>> 8) & 255] ^
      T5[(crc >>> 16) & 255] ^
      T4[crc >>> 24] ^
      (T3[high & 255] ^ T2[(high >>> 8) & 255] ^ T1[(high >>> 16) & 255] ^ T0[high >>> 24]);
  }
  return ~crc >>> 0;
}

/** The checksum of bytes[from, to), of any alignment; for small things (watermark, tests). */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let crc = -1;
  for (let i = from; i < to; i++) crc = T0[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}
