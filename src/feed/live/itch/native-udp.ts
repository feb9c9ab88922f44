/**
 * UDP sockets of the system's C library, called through koffi (an optional dependency): many datagrams with one call of
 * `recvmmsg`, straight into memory of ours, without an event, a promise or a buffer each. Linux on 64-bit machines; the
 * structures and numbers are those of its headers.
 *
 *   mmsghdr (64 bytes)  0 name, 8 its length u32, 16 iovec, 24 iovecs u64, 32 control, 40 its length u64, 48 flags i32,
 *                       56 bytes received u32
 *   iovec (16)          0 address, 8 length u64
 *   pollfd (8)          0 descriptor i32, 4 events i16, 6 revents i16
 *   sockaddr_in (16)    0 family u16, 2 port u16 big-endian, 4 address
 */
import { createRequire } from 'node:module';
import { endianness, platform } from 'node:os';
import { messageOf, TapeheadError } from '../../../core/errors.ts';
import { ipv4Bytes, type UdpAddress } from './udp-address.ts';
import type { UdpSockets } from './udp-sockets.ts';

const BATCH = 64;
/** A jumbo frame. Longer datagrams are cut, which their flags say. */
const SLOT_BYTES = 9216;
const HEADER_BYTES = 64;
const VECTOR_BYTES = 16;

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const IPPROTO_IP = 0;
const IP_ADD_MEMBERSHIP = 35;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const POLLIN = 1;

type Call = (...args: readonly unknown[]) => number;

interface Koffi {
  load(name: string): { func(prototype: string): (...args: readonly unknown[]) => unknown };
  address(pointer: unknown): bigint;
  errno(): number;
}

export interface Libc {
  readonly socket: Call;
  readonly bind: Call;
  readonly close: Call;
  readonly setsockopt: Call;
  readonly getsockopt: Call;
  readonly getsockname: Call;
  readonly recvmmsg: Call;
  readonly sendto: Call;
  readonly poll: Call;
  readonly errno: () => number;
  readonly addressOf: (bytes: Uint8Array) => bigint;
}

let loaded: Libc | string | undefined;

/** The calls; or why there are none, in one line. */
export function loadLibc(): Libc | string {
  loaded ??= load();
  return loaded;
}

function load(): Libc | string {
  if (platform() !== 'linux' || endianness() !== 'LE') return `no native sockets on ${platform()}`;
  try {
    const koffi = createRequire(import.meta.url)('koffi') as Koffi;
    const library = koffi.load('libc.so.6');
    const call = (prototype: string) => library.func(prototype) as Call;
    const move = library.func('void *memmove(void *to, void *from, size_t n)');
    return {
      socket: call('int socket(int domain, int type, int protocol)'),
      bind: call('int bind(int fd, const uint8_t *address, uint32_t length)'),
      close: call('int close(int fd)'),
      setsockopt: call('int setsockopt(int fd, int level, int name, const uint8_t *value, uint32_t length)'),
      getsockopt: call('int getsockopt(int fd, int level, int name, _Out_ uint8_t *value, _Inout_ uint32_t *length)'),
      getsockname: call('int getsockname(int fd, _Out_ uint8_t *address, _Inout_ uint32_t *length)'),
      recvmmsg: call('int recvmmsg(int fd, uintptr_t messages, uint32_t count, int flags, uintptr_t timeout)'),
      sendto: call('int sendto(int fd, const uint8_t *bytes, size_t n, int flags, const uint8_t *to, uint32_t length)'),
      poll: call('int poll(uintptr_t fds, size_t count, int ms)'),
      errno: () => koffi.errno(),
      addressOf: (bytes) => koffi.address(move(bytes, bytes, 0)), // memmove returns its first argument: the address
    };
  } catch (error) {
    return `koffi does not load (${messageOf(error)})`;
  }
}

/** `address` as sockaddr_in. */
function socketAddress(host: string, port: number): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes[0] = AF_INET;
  bytes[2] = port >>> 8;
  bytes[3] = port & 0xff;
  bytes.set(ipv4Bytes(host), 4);
  return bytes;
}

/** Bound sockets; or why there are none here, in one line. Throws TapeheadError where an address can't be bound. */
export function openNativeSockets(addresses: readonly UdpAddress[], bufferBytes: number): UdpSockets | string {
  const libc = loadLibc();
  if (typeof libc === 'string') return libc;
  const sockets = new NativeSockets(libc, addresses.length);
  try {
    for (const address of addresses) sockets.open(address, bufferBytes);
  } catch (error) {
    sockets.close();
    throw error;
  }
  return sockets;
}

class NativeSockets implements UdpSockets {
  readonly library = 'koffi';
  readonly ports: number[] = [];
  bufferBytes = Number.POSITIVE_INFINITY;
  private readonly libc: Libc;
  private readonly fds: number[] = [];
  /** Headers and vectors of one batch; every batch is received into the same slots, so that they stay in the caches. */
  private readonly headers = new Uint8Array(BATCH * (HEADER_BYTES + VECTOR_BYTES));
  private readonly words = new Uint32Array(this.headers.buffer);
  private readonly slots = new Uint8Array(BATCH * SLOT_BYTES);
  private readonly pollFds: Int32Array;
  /** Where the last datagram went, as the system takes it. */
  private sentTo: UdpAddress | null = null;
  private address: Uint8Array = new Uint8Array(0);
  private readonly headersAt: number;
  private readonly pollFdsAt: number;

  constructor(libc: Libc, count: number) {
    this.libc = libc;
    this.pollFds = new Int32Array(new ArrayBuffer(Math.max(128, count * 8)));
    const headersAt = libc.addressOf(this.headers);
    const slotsAt = libc.addressOf(this.slots);
    const view = new DataView(this.headers.buffer);
    for (let i = 0; i < BATCH; i++) {
      const vectorAt = BATCH * HEADER_BYTES + i * VECTOR_BYTES;
      view.setBigUint64(i * HEADER_BYTES + 16, headersAt + BigInt(vectorAt), true);
      view.setBigUint64(i * HEADER_BYTES + 24, 1n, true);
      view.setBigUint64(vectorAt, slotsAt + BigInt(i * SLOT_BYTES), true);
      view.setBigUint64(vectorAt + 8, BigInt(SLOT_BYTES), true);
    }
    this.headersAt = Number(headersAt);
    this.pollFdsAt = Number(libc.addressOf(new Uint8Array(this.pollFds.buffer)));
  }

  open(address: UdpAddress, bufferBytes: number): void {
    const { libc } = this;
    const where = `${address.host}:${address.port}`;
    const must = (result: number, what: string): void => {
      if (result >= 0) return;
      throw new TapeheadError('USAGE', `${where} can't be received on: ${what} failed (errno ${libc.errno()})`);
    };
    const fd = libc.socket(AF_INET, SOCK_DGRAM, 0);
    must(fd, 'socket');
    this.pollFds[this.fds.length * 2] = fd;
    this.pollFds[this.fds.length * 2 + 1] = POLLIN;
    this.fds.push(fd);
    const wanted = new Uint8Array(Int32Array.of(bufferBytes).buffer);
    if (libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, wanted, 4) < 0) {
      libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, wanted, 4); // within the system's limit
    }
    if (address.isMulticast) {
      must(libc.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, new Uint8Array(Int32Array.of(1).buffer), 4), 'SO_REUSEADDR');
    }
    must(libc.bind(fd, socketAddress(address.host, address.port), 16), 'bind');
    if (address.isMulticast) {
      const join = new Uint8Array(8);
      join.set(ipv4Bytes(address.host), 0);
      join.set(ipv4Bytes(address.network || '0.0.0.0'), 4);
      must(libc.setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, join, 8), 'IP_ADD_MEMBERSHIP');
    }
    const bound = new Uint8Array(16);
    must(libc.getsockname(fd, bound, Uint32Array.of(16)), 'getsockname');
    this.ports.push((bound[2] << 8) | bound[3]);
    const granted = new Uint8Array(4);
    must(libc.getsockopt(fd, SOL_SOCKET, SO_RCVBUF, granted, Uint32Array.of(4)), 'getsockopt');
    this.bufferBytes = Math.min(this.bufferBytes, new Int32Array(granted.buffer)[0]);
  }

  poll(socket: number): number {
    const count = this.libc.recvmmsg(this.fds[socket], this.headersAt, BATCH, MSG_DONTWAIT, 0);
    return count > 0 ? count : 0; // nothing there, or an error of an earlier send: neither is anything to read
  }

  bytes(): Uint8Array {
    return this.slots;
  }

  at(i: number): number {
    return i * SLOT_BYTES;
  }

  length(i: number): number {
    const word = (i * HEADER_BYTES) >> 2;
    return (this.words[word + 12] & MSG_TRUNC) === 0 ? this.words[word + 14] : 0;
  }

  wait(ms: number): void {
    this.libc.poll(this.pollFdsAt, this.fds.length, ms);
  }

  send(socket: number, bytes: Uint8Array, to: UdpAddress): void {
    if (to !== this.sentTo) {
      this.sentTo = to;
      this.address = socketAddress(to.host, to.port);
    }
    this.libc.sendto(this.fds[socket], bytes, bytes.length, MSG_DONTWAIT, this.address, 16);
  }

  close(): void {
    for (const fd of this.fds.splice(0)) this.libc.close(fd);
  }
}
