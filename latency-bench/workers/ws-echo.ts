/**
 * What the sockets alone cost, for `wire-to-wire-ws`: a process of two websocket connections, as a feed and a gateway have
 * them, that answers each frame with a text of an order's size and looks at nothing. Arguments: the peer's port, that size.
 */
import { WebSocket } from 'ws';
import { API_PATH, STREAM_PATH } from '../ws-script.ts';

const OPTIONS = { perMessageDeflate: false, skipUTF8Validation: true };
const [port, size] = process.argv.slice(2);
const base = `ws://127.0.0.1:${port}`;
const api = new WebSocket(`${base}${API_PATH}`, OPTIONS);
const stream = new WebSocket(`${base}${STREAM_PATH}`, OPTIONS);
let frames = 0;
stream.on('message', () => {
  const head = `{"id":${++frames},"method":"order.place","params":{"side":"`;
  api.send(`${head.padEnd(Number(size) - 3, 'x')}"}}`);
});
process.on('disconnect', () => process.exit(0));
