/**
 * Readers of MoldUDP64 and SoupBinTCP as simple as can be: everything in memory, BigInt, strings; and mutations of bytes.
 */
import type { Prng } from '../../src/core/prng.ts';

export interface PlainMold {
  readonly kind: 'data' | 'heartbeat' | 'end';
  readonly sequence: bigint;
  readonly messages: readonly Buffer[];
}

/** Null for what is no downstream packet. `sizes`: of a message by its first byte. */
export function plainMold(packet: Buffer, sizes: ReadonlyMap<number, number>): PlainMold | null {
  if (packet.length < 20) return null;
  const sequence = packet.readBigUInt64BE(10);
  if (sequence < 1n || sequence >= 2n ** 53n) return null;
  const count = packet.readUInt16BE(18);
  if (count === 0 || count === 0xffff) {
    return packet.length === 20 ? { kind: count === 0 ? 'heartbeat' : 'end', sequence, messages: [] } : null;
  }
  const messages: Buffer[] = [];
  let rest = packet.subarray(20);
  while (rest.length >= 2) {
    const message = rest.subarray(2, 2 + rest.readUInt16BE(0));
    if (message.length !== rest.readUInt16BE(0) || sizes.get(message[0]) !== message.length) return null;
    messages.push(message);
    rest = rest.subarray(2 + message.length);
  }
  return rest.length === 0 && messages.length === count ? { kind: 'data', sequence, messages } : null;
}

/** What a client that asked for message `next` makes of a whole connection: the messages before anything that is wrong. */
export function plainSoup(
  stream: Buffer,
  session: string,
  next: number,
  sizes: ReadonlyMap<number, number>,
): { messages: Buffer[]; firstNumber: number; end: 'open' | 'ended' | 'rejected' | 'broken' } {
  const messages: Buffer[] = [];
  let isUp = false;
  let firstNumber = next;
  let rest = stream;
  const done = (end: 'open' | 'ended' | 'rejected' | 'broken') => ({ messages, firstNumber, end });
  while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
    const body = rest.subarray(2, 2 + rest.readUInt16BE(0));
    rest = rest.subarray(2 + body.length);
    const type = body.toString('latin1', 0, 1);
    const payload = body.subarray(1);
    if (type === 'H' && payload.length === 0) continue;
    if (type === '+') continue;
    if (!isUp && type === 'J') return done('rejected');
    if (!isUp && type === 'A') {
      const fields = payload.toString('latin1');
      const digits = fields.slice(10).trim();
      if (payload.length !== 30 || !/^\d+$/.test(digits) || BigInt(digits) >= 2n ** 53n) return done('broken');
      if (session !== '' && fields.slice(0, 10).trim() !== session) return done('rejected');
      if (Number(digits) < next) return done('broken');
      firstNumber = Number(digits);
      isUp = true;
    } else if (isUp && type === 'Z' && payload.length === 0) return done('ended');
    else if (isUp && type === 'U') continue;
    else if (isUp && type === 'S' && (payload.length === 0 || sizes.get(payload[0]) === payload.length)) {
      messages.push(payload);
    } else return done('broken');
  }
  return done('open');
}

/** A copy with a few bytes changed, cut out, doubled or put in; sometimes none. */
export function mutated(bytes: Buffer, random: Prng): Buffer {
  let result = Buffer.from(bytes);
  for (let n = random.below(4); n > 0 && result.length > 0; n--) {
    const at = random.below(result.length);
    const size = 1 + random.below(8);
    switch (random.below(6)) {
      case 0:
        result[at] ^= 1 << random.below(8);
        break;
      case 1:
        result[at] = random.below(256);
        break;
      case 2:
        result = result.subarray(0, at);
        break;
      case 3:
        result = Buffer.concat([result.subarray(0, at), result.subarray(at + size)]);
        break;
      case 4:
        result = Buffer.concat([result.subarray(0, at + size), result.subarray(at)]);
        break;
      default:
        result = Buffer.concat([result.subarray(0, at), Buffer.from([random.below(256)]), result.subarray(at)]);
    }
  }
  return result;
}
