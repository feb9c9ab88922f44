/** Bytes over a bare connection, for requests that no library would send. */
import { connect } from 'node:net';

export interface RawReply {
  /** All that came back. */
  readonly text: string;
  /** Of the first reply; 0 without one. */
  readonly status: number;
  /** The server ended the connection. */
  readonly isClosed: boolean;
}

/** Sends it, what is to go `next` once something has come back, and waits until the server closes, `enough` says so, or `waitMs` have gone. */
export function sendRaw(
  port: number,
  bytes: string | Buffer,
  enough: (text: string) => boolean = () => false,
  waitMs = 2_000,
  next: Buffer | null = null,
): Promise<RawReply> {
  return new Promise((resolve) => {
    let text = '';
    let isClosed = false;
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    const timer = setTimeout(() => socket.destroy(), waitMs);
    socket.on('data', (chunk: Buffer) => {
      if (text === '' && next !== null) socket.write(next);
      text += chunk.toString('latin1');
      if (enough(text)) socket.destroy();
    });
    socket.on('error', () => undefined); // reset by the server: the close says what there is to know
    socket.on('end', () => {
      isClosed = true;
    });
    socket.on('close', (hadError) => {
      clearTimeout(timer);
      resolve({ text, status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), isClosed: isClosed || hadError });
    });
  });
}

/** The head of an upgrade that would be taken, with other or further headers. */
export function upgradeHead(port: number, token: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = {
    Host: `127.0.0.1:${port}`,
    Authorization: `Bearer ${token}`,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol': 'tapehead.v1',
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return ['GET /socket HTTP/1.1', ...lines, '', ''].join('\r\n');
}

/** A client's websocket frame (RFC 6455, 5.2), masked with zeros. `first`: FIN, RSV bits and opcode. */
export function websocketFrame(first: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const head = length < 126 ? [first, 0x80 | length] : [first, 0x80 | 126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]);
}
