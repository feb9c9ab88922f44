/** A thread of many clients of a dashboard: they subscribe, count what they get, and some never read. */
import { parentPort, workerData } from 'node:worker_threads';
import { encode } from '@msgpack/msgpack';
import { WebSocket } from 'ws';
import { pinThisThread } from '../../src/core/affinity.ts';
import { ClientFrame, SUBPROTOCOL } from '../../src/dashboard/protocol.ts';
import { ClientCount } from '../client-counts.ts';

export interface ClientsJob {
  readonly url: string;
  readonly token: string;
  readonly clients: number;
  /** Of them, so many never read. */
  readonly deaf: number;
  /** Updates a second. */
  readonly rate: number;
  /** Frames, bytes and open connections, as float64. */
  readonly counts: SharedArrayBuffer;
}

/** Connections made at a time. */
const AT_ONCE = 50;

async function open(job: ClientsJob, isDeaf: boolean, counts: Float64Array): Promise<WebSocket> {
  const socket = new WebSocket(job.url, SUBPROTOCOL, {
    headers: { Authorization: `Bearer ${job.token}` },
    perMessageDeflate: false,
    skipUTF8Validation: true,
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', reject);
  });
  counts[ClientCount.Open]++;
  socket.on('error', () => undefined);
  socket.on('close', () => counts[ClientCount.Open]--);
  socket.on('message', (data: Buffer) => {
    counts[ClientCount.Frames]++;
    counts[ClientCount.Bytes] += data.length;
  });
  socket.send(encode([ClientFrame.Subscribe, 1, 'top', { rate: job.rate }]));
  socket.send(encode([ClientFrame.Subscribe, 2, 'depth', { rate: job.rate, instrument: 0 }]));
  if (isDeaf) socket.pause();
  return socket;
}

const job = workerData as ClientsJob;
const counts = new Float64Array(job.counts);
pinThisThread(1);
const sockets: WebSocket[] = [];
for (let i = 0; i < job.clients; i += AT_ONCE) {
  const some = Array.from({ length: Math.min(AT_ONCE, job.clients - i) }, (_, k) =>
    open(job, i + k < job.deaf, counts),
  );
  sockets.push(...(await Promise.all(some)));
}
parentPort?.postMessage('open');
parentPort?.once('message', () => {
  for (const socket of sockets) socket.terminate();
});
