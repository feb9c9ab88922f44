/** The server's frames as bytes. What many clients get is encoded once: only the few bytes in front differ. */
import { Encoder } from '@msgpack/msgpack';
import { ServerFrame } from './protocol.ts';

const encoder = new Encoder({ initialBufferSize: 1 << 16 });

/** A whole frame. */
export function encodeFrame(frame: readonly unknown[]): Uint8Array {
  return encoder.encode(frame);
}

/** A payload for `dataFrame`. */
export function encodePayload(payload: unknown): Uint8Array {
  return encoder.encode(payload);
}

/** Array of four, type, uint 16, uint 32. */
const HEAD_BYTES = 10;

/** [Snapshot or Update, id, seq, payload]. A buffer of its own: libraries may keep what they are given until it is sent. */
export function dataFrame(type: typeof ServerFrame.Snapshot | typeof ServerFrame.Update, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + payload.length);
  frame[0] = 0x94;
  frame[1] = type;
  frame[2] = 0xcd;
  frame[5] = 0xce;
  frame.set(payload, HEAD_BYTES);
  return frame;
}

/** Makes the frame one of subscription `id`, the `seq`-th. */
export function address(frame: Buffer, id: number, seq: number): void {
  frame.writeUInt16BE(id, 3);
  frame.writeUInt32BE(seq >>> 0, 6);
}

export const SNAPSHOT = ServerFrame.Snapshot;
export const UPDATE = ServerFrame.Update;
