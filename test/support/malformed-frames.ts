/** Frames that are wrong in one way or another: random bytes, and right ones with bytes changed, cut or added. */
import { encode } from '@msgpack/msgpack';
import type { Prng } from '../../src/core/prng.ts';

const RIGHT: readonly Uint8Array[] = [
  encode([1, 7, 'top', { rate: 10, instrument: 3 }]),
  encode([2, 7]),
  encode([3, 9, { do: 'kill', scope: 'engine' }]),
  encode([4, 'a'.repeat(32), 'KILL ENGINE']),
  encode([5, 123456789]),
  encode([7, 34_200e9 + 0.5]),
];

export function malformed(prng: Prng): Buffer {
  if (prng.below(3) === 0) return Buffer.from(Array.from({ length: prng.below(64) }, () => prng.below(256)));
  const frame = Buffer.from(RIGHT[prng.below(RIGHT.length)]);
  switch (prng.below(4)) {
    case 0:
      return frame.subarray(0, prng.below(frame.length));
    case 1:
      return Buffer.concat([frame, Buffer.from([prng.below(256)])]);
    default:
      for (let i = 0; i <= prng.below(4); i++) frame[prng.below(frame.length)] = prng.below(256);
      return frame;
  }
}
