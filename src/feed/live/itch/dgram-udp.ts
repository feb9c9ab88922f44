/** UDP sockets of Node: datagrams come as events of the loop, and wait here until they are polled. */
import { createSocket, type Socket } from 'node:dgram';
import { messageOf, TapeheadError } from '../../../core/errors.ts';
import type { UdpAddress } from './udp-address.ts';
import type { UdpSockets } from './udp-sockets.ts';

const BATCH = 64;

export async function openDgramSockets(addresses: readonly UdpAddress[], bufferBytes: number): Promise<UdpSockets> {
  const sockets = new DgramSockets();
  try {
    for (const address of addresses) await sockets.open(address, bufferBytes);
  } catch (error) {
    sockets.close();
    throw error;
  }
  return sockets;
}

class DgramSockets implements UdpSockets {
  readonly library = 'dgram';
  readonly ports: number[] = [];
  bufferBytes = Number.POSITIVE_INFINITY;
  private readonly sockets: Socket[] = [];
  private readonly queues: Buffer[][] = [];
  private polled: Buffer[] = [];
  private wake: (() => void) | null = null;

  open(address: UdpAddress, bufferBytes: number): Promise<void> {
    const socket = createSocket({ type: 'udp4', reuseAddr: address.isMulticast, recvBufferSize: bufferBytes });
    const queue: Buffer[] = [];
    this.sockets.push(socket);
    this.queues.push(queue);
    socket.on('message', (datagram) => {
      queue.push(datagram);
      this.wake?.();
    });
    return new Promise((resolve, reject) => {
      const refused = (error: unknown): void => {
        const where = `${address.host}:${address.port}`;
        reject(new TapeheadError('USAGE', `${where} can't be received on: ${messageOf(error)}`));
      };
      socket.once('error', refused);
      socket.bind(address.port, address.host, () => {
        socket.off('error', refused);
        socket.on('error', () => {}); // of a send: the other side is not there, and what was asked for is asked again
        try {
          if (address.isMulticast) socket.addMembership(address.host, address.network || undefined);
          this.ports.push(socket.address().port);
          this.bufferBytes = Math.min(this.bufferBytes, socket.getRecvBufferSize());
          resolve();
        } catch (error) {
          refused(error);
        }
      });
    });
  }

  poll(socket: number): number {
    this.polled = this.queues[socket].splice(0, BATCH);
    return this.polled.length;
  }

  bytes(i: number): Uint8Array {
    return this.polled[i];
  }

  at(): number {
    return 0;
  }

  length(i: number): number {
    return this.polled[i].length;
  }

  wait(ms: number): Promise<void> {
    if (this.queues.some((queue) => queue.length > 0)) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.wake?.(), ms);
      this.wake = () => {
        clearTimeout(timer);
        this.wake = null;
        resolve();
      };
    });
  }

  send(socket: number, bytes: Uint8Array, to: UdpAddress): void {
    this.sockets[socket].send(bytes.slice(), to.port, to.host);
  }

  close(): void {
    for (const socket of this.sockets) socket.close();
    this.wake?.();
  }
}
