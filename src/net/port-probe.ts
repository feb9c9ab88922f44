/**
 * Whether a port can be had, looked at before uWebSockets.js listens: two servers of that library on one port would share its
 * connections, unasked.
 */
import { connect, createServer } from 'node:net';
import { cannotListen, DEFAULT_HOST } from './parts.ts';
import type { NetOptions } from './server.ts';

/** A listener whose backlog is full answers nothing. */
const ANSWER_MS = 1_000;

/**
 * Throws TapeheadError where somebody listens, or nobody could. A listener of Node's, which shares with nobody, is tried first.
 * It is refused as well by what connections of a server just closed leave behind for a minute (TIME_WAIT), which the library may
 * listen beside: so a refusal counts only where somebody answers.
 */
export async function probePort(options: NetOptions): Promise<void> {
  const error = await refusal(options);
  if (error === null) return;
  if (error.code !== 'EADDRINUSE' || (await isAnswered(options))) throw cannotListen(options, error);
}

function refusal(options: NetOptions): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ port: options.port, host: options.host ?? DEFAULT_HOST }, () => server.close(() => resolve(null)));
  });
}

function isAnswered({ port, host = DEFAULT_HOST }: NetOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const own = host === '0.0.0.0' ? DEFAULT_HOST : host === '::' ? '::1' : host;
    const socket = connect({ port, host: own });
    const answer = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket.setTimeout(ANSWER_MS, () => answer(true));
    socket.once('error', () => answer(false));
    // With nobody there a connection may, by chance of its own port, have been made to itself.
    socket.once('connect', () => answer(socket.localPort !== port));
  });
}
