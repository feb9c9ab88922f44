import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startTapehead, tapehead, temporaryFolder } from '../../support/command.ts';
import { FakeBinance } from './fake-binance.ts';

async function venueFor(t: TestContext): Promise<FakeBinance> {
  const venue = await FakeBinance.start(['BTCUSDT'], 3);
  const timer = setInterval(() => venue.step(), 2);
  t.after(async () => {
    clearInterval(timer);
    await venue.close();
  });
  return venue;
}

function arguments_(venue: FakeBinance, out: string, ...more: string[]): string[] {
  return ['record', '--venue', 'binance', '--symbols', 'BTCUSDT', '--out', out, '--url', venue.endpoints.ws, ...more];
}

test('record runs for a while, says what it has and how to replay it; replay takes the directory', async (t) => {
  const venue = await venueFor(t);
  const folder = temporaryFolder(t);
  const out = join(folder, 'capture');
  const recorded = await tapehead(arguments_(venue, out, '--for', '2s'));
  assert.equal(recorded.stderr, '');
  assert.equal(recorded.code, 0);
  assert.match(recorded.stdout, /frames +\d+/);
  assert.match(recorded.stdout, new RegExp(`To replay it: tapehead replay ${out}\n`));
  const replayed = await tapehead(['replay', out, '--log', join(folder, 'log'), '--json']);
  assert.equal(replayed.code, 0, replayed.stderr);
  const again = await tapehead(arguments_(venue, out, '--for', '1s'));
  assert.equal(again.code, 1);
  assert.match(
    again.stderr,
    /^tapehead: .* holds a capture already \(binance-.*\.jsonl\.gz\): name another directory\n$/,
  );
});

test('record ends on SIGTERM with exit 0, the file whole', async (t) => {
  const venue = await venueFor(t);
  const out = join(temporaryFolder(t), 'capture');
  const { child, done } = startTapehead(arguments_(venue, out, '--json'));
  await untilThere(out, 1);
  child.kill('SIGTERM');
  const { code, stdout } = await done;
  assert.equal(code, 0);
  const figures = JSON.parse(stdout) as { frames: number; gaps: number; files: string[] };
  assert.ok(figures.frames > 0);
  assert.equal(figures.gaps, 0);
  const book = await tapehead(['book', out, '--json']);
  assert.equal(book.code, 0, book.stderr);
  assert.equal(book.stderr, '');
});

test('what record wrote before a kill -9 can be replayed', async (t) => {
  const venue = await venueFor(t);
  const out = join(temporaryFolder(t), 'capture');
  const { child, done } = startTapehead(arguments_(venue, out));
  await untilThere(out, 40_000);
  child.kill('SIGKILL');
  assert.equal((await done).signal, 'SIGKILL');
  const book = await tapehead(['book', out, '--json']);
  assert.equal(book.code, 0, book.stderr);
  assert.match(book.stderr, /^tapehead: warning: .*replayed up to there\n$/);
  assert.ok((JSON.parse(book.stdout) as { messages: number }).messages > 100);
});

test('record says in one line what is wrong with what it was asked', async (t) => {
  const folder = temporaryFolder(t);
  const at = (...more: string[]) =>
    tapehead(['record', '--venue', 'binance', '--symbols', 'BTCUSDT', '--out', join(folder, 'x'), ...more]);
  const address = await at('--url', 'localhost:9443');
  assert.equal(address.code, 2);
  assert.equal(address.stderr, 'tapehead: --url localhost:9443 is no address: ws://host:port or wss://host:port\n');
  const named = await at('--url', 'okx=ws://127.0.0.1:9');
  assert.equal(named.code, 2);
  assert.match(named.stderr, /--url okx=ws:\/\/127\.0\.0\.1:9 is no address/);
  const nobody = await at('--url', 'ws://127.0.0.1:9');
  assert.equal(nobody.code, 1);
  assert.match(
    nobody.stderr,
    /^tapehead: binance: http:\/\/127\.0\.0\.1:9\/.*: .*; is the address right, and the venue up\?\n$/,
  );
  const time = await at('--for', 'soon');
  assert.equal(time.code, 2);
  assert.match(time.stderr, /expected a time such as 10s, 5m or 2h/);
});

/** The capture on disk is so long. */
async function untilThere(dir: string, bytes: number): Promise<void> {
  const size = (): number =>
    existsSync(dir) ? readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0) : 0;
  for (let i = 0; i < 6_000; i++) {
    if (size() >= bytes) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(`no ${bytes} bytes of a capture within 60 s`);
}
