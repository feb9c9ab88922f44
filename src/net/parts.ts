/** What both servers share: options that are looked at before anything listens, replies, who is silent for too long. */
import { readFileSync } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import { BlockList, isIPv6, SocketAddress } from 'node:net';
import { messageOf, TapeheadError } from '../core/errors.ts';
import type { NetOptions, NetReply } from './server.ts';

export const DEFAULT_HOST = '127.0.0.1';

export const TOO_LARGE: NetReply = { status: 413, body: 'the body is longer than this server takes\n' };
/** Close codes of RFC 6455, 7.4.1. */
export const GOING_AWAY = 1001;
export const CUT = 1006;
export const FRAME_TOO_LONG = 1009;

export function statusText(status: number): string {
  return STATUS_CODES[status] ?? 'Unknown';
}

/** Headers of a reply; a type is stated where the owner states none. */
export function headersOf(reply: NetReply): readonly (readonly [string, string])[] {
  const headers = Object.entries(reply.headers ?? {});
  if (headers.some(([name]) => name.toLowerCase() === 'content-type')) return headers;
  const type = typeof reply.body === 'string' ? 'text/plain; charset=utf-8' : 'application/octet-stream';
  return [...headers, ['Content-Type', type]];
}

/** `error` as Node states it; null where the library says no more than that it failed. */
export function cannotListen(options: NetOptions, error: NodeJS.ErrnoException | null): TapeheadError {
  const where = `can't listen on ${options.host ?? DEFAULT_HOST}:${options.port}`;
  if (error?.code === 'EADDRINUSE') {
    return new TapeheadError('USAGE', `${where}: the port is in use; choose another one, or 0 for any free one`);
  }
  if (error?.code === 'EACCES') {
    return new TapeheadError(
      'USAGE',
      `${where}: not allowed; ports below 1024 belong to the system, choose a higher one`,
    );
  }
  return new TapeheadError(
    'USAGE',
    `${where}: ${error === null ? 'no such address here' : messageOf(error)}; see --host and --port`,
  );
}

/** Throws TapeheadError where a file can't be read: the libraries would not say which. */
export function readTls(tls: NonNullable<NetOptions['tls']>): { key: Buffer; cert: Buffer } {
  return { key: readPem(tls.keyFile), cert: readPem(tls.certFile) };
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new TapeheadError(
      'NO_FILE',
      `${file}: can't be read (${messageOf(error)}); TLS needs a key and a certificate as PEM files`,
    );
  }
}

/** A peer's address as people write it: the libraries state IPv6 in full, and IPv4 that came in over it as such. */
export function plainAddress(address: string): string {
  const [bare] = address.split('%');
  if (!isIPv6(bare)) return bare;
  return new SocketAddress({ address: bare, family: 'ipv6' }).address.replace(/^::ffff:(?=\d+\.)/, '');
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether a peer's address, as `remoteAddress` gives it, is this machine's own. */
export function isLoopback(address: string): boolean {
  return address !== '' && LOOPBACK.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** What the watch over silent peers needs to know of one. */
export interface Watched {
  /** ms of `performance.now()`: the last frame, ping or pong that came. */
  heardMs: number;
  ping(): void;
  terminate(): void;
}

/**
 * Pings who is silent for half of the time, cuts who is silent for all of it. Looks four times within that time, so that a
 * silent peer is gone within 1.25 times of it. The timer does not keep the process alive.
 */
export class SilenceWatch {
  private readonly timer: NodeJS.Timeout;

  constructor(peers: Iterable<Watched>, idleSeconds: number) {
    const idleMs = idleSeconds * 1000;
    const look = (): void => {
      const nowMs = performance.now();
      for (const peer of peers) {
        const silentMs = nowMs - peer.heardMs;
        if (silentMs >= idleMs) peer.terminate();
        else if (silentMs >= idleMs / 2) peer.ping();
      }
    };
    this.timer = setInterval(look, Math.max(1, idleMs / 4));
    this.timer.unref();
  }

  end(): void {
    clearInterval(this.timer);
  }
}
