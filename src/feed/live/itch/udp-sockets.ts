/**
 * The sockets of a UDP feed behind one small interface: `recvmmsg` through koffi, busy-polled (native-udp.ts), or Node's
 * `dgram` where koffi does not load (dgram-udp.ts). Which one runs is printed.
 */
import { readFileSync } from 'node:fs';
import { openDgramSockets } from './dgram-udp.ts';
import { openNativeSockets } from './native-udp.ts';
import type { UdpAddress } from './udp-address.ts';

export type UdpLibrary = 'koffi' | 'dgram';

export interface UdpSockets {
  readonly library: UdpLibrary;
  /** Bound port of each socket. */
  readonly ports: readonly number[];
  /** Bytes of the system's receive buffer, the smallest of all sockets'. */
  readonly bufferBytes: number;
  /** Takes what is waiting on a socket, within a batch; returns how many datagrams. Never waits. */
  poll(socket: number): number;
  /** Datagram i of the last `poll`, in bytes(i)[at(i), at(i) + length(i)); valid until the next. One that was cut has length 0. */
  bytes(i: number): Uint8Array;
  at(i: number): number;
  length(i: number): number;
  /** Waits until a datagram may be there, `ms` at most. */
  wait(ms: number): void | Promise<void>;
  send(socket: number, bytes: Uint8Array, to: UdpAddress): void;
  close(): void;
}

export interface OpenedSockets {
  readonly sockets: UdpSockets;
  /** Why it is not koffi; '' where it is, or where dgram was asked for. */
  readonly remark: string;
}

/** Opens and binds a socket for each address. Throws TapeheadError where one can't be bound. */
export async function openUdpSockets(
  addresses: readonly UdpAddress[],
  bufferBytes: number,
  library: UdpLibrary | null,
): Promise<OpenedSockets> {
  if (library === 'dgram') return { sockets: await openDgramSockets(addresses, bufferBytes), remark: '' };
  const native = openNativeSockets(addresses, bufferBytes);
  if (typeof native !== 'string') return { sockets: native, remark: '' };
  return { sockets: await openDgramSockets(addresses, bufferBytes), remark: native };
}

/** Datagrams that the system dropped because a socket's buffer was full, all sockets of these ports; null: not known. */
export function kernelDrops(ports: readonly number[]): number | null {
  try {
    let drops = 0;
    for (const line of readFileSync('/proc/net/udp', 'utf8').split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/);
      const port = Number.parseInt(columns[1]?.split(':')[1] ?? '', 16);
      if (ports.includes(port)) drops += Number(columns[columns.length - 1]);
    }
    return drops;
  } catch {
    return null; // not Linux
  }
}
