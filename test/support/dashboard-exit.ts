/**
 * A script that uses the library and ends in the middle of a run with a dashboard and an open client.
 *
 *   node dist/test/support/dashboard-exit.js exit | throw
 */
import { TestClient } from './dashboard-client.ts';
import { startSession } from './dashboard-session.ts';

const session = await startSession({ speed: 2 });
const client = await TestClient.open(session.opened);
const top = client.subscribe('top');
await client.until(() => top.seq > 0);
if (process.argv[2] === 'throw') throw new Error('thrown by the script');
process.exit(7);
