/** Keys of a venue that is started here: from a file of its owner, or made up. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadApiKeys, makeTestKeys } from '../../src/exchange/binance/api-keys.ts';
import { Exchange } from '../../src/exchange/exchange.ts';
import { listingOf } from '../../src/exchange/listing.ts';

const SECRET = 'a-secret-that-nobody-may-see';

function load(rows: unknown, mode = 0o600): Exchange {
  const folder = mkdtempSync(join(tmpdir(), 'tapehead-keys-'));
  try {
    const file = join(folder, 'keys.json');
    writeFileSync(file, typeof rows === 'string' ? rows : JSON.stringify(rows));
    chmodSync(file, mode);
    const exchange = new Exchange([listingOf('BTC', 'USDT', 'spot')]);
    loadApiKeys(exchange, file);
    return exchange;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('keys of both kinds come from a file, with balances or the usual ones', () => {
  const publicKey = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' });
  const exchange = load([
    { account: 'desk', key: 'k1', secret: SECRET, balances: { USDT: '1000.5' } },
    { account: 'desk', key: 'k2', publicKey },
    { account: 'other', key: 'k3', secret: SECRET },
  ]);
  const { accounts } = exchange;
  assert.equal(accounts.keyOf('k1')?.account, accounts.keyOf('k2')?.account);
  assert.deepEqual([accounts.keyOf('k1')?.kind, accounts.keyOf('k2')?.kind], ['hmac', 'ed25519']);
  assert.equal(accounts.open('desk').balance('USDT').free, 100_050_000_000n);
  assert.equal(accounts.open('desk').balance('BTC').free, 0n);
  assert.ok(accounts.open('other').balance('BTC').free > 0n);
});

test('what is wrong with a file is said in one line that shows no secret', () => {
  const cases: [unknown, number, RegExp][] = [
    [[{ account: 'desk', key: 'k', secret: SECRET }], 0o644, /chmod 600/],
    [`[{"secret": "${SECRET}"`, 0o600, /JSON list/],
    [{ secret: SECRET }, 0o600, /JSON list/],
    [[{ account: 'desk', key: 'k', secret: SECRET, publicKey: SECRET }], 0o600, /entry 1/],
    [[{ account: 'desk', key: 'k', publicKey: SECRET }], 0o600, /Ed25519/],
    [[{ account: 'desk', key: 'k', secret: SECRET, balances: { USDT: '-1' } }], 0o600, /no amount of USDT/],
  ];
  for (const [rows, mode, words] of cases) {
    assert.throws(
      () => load(rows, mode),
      (error: Error) => words.test(error.message) && !error.message.includes(SECRET) && !error.message.includes('\n'),
      String(words),
    );
  }
});

test('made-up keys are of both kinds, and another pair each time', () => {
  const exchange = new Exchange([listingOf('BTC', 'USDT', 'spot')]);
  const keys = [...makeTestKeys(exchange), ...makeTestKeys(exchange)];
  assert.deepEqual(
    keys.map(({ kind }) => kind),
    ['hmac', 'ed25519', 'hmac', 'ed25519'],
  );
  assert.equal(new Set(keys.flatMap(({ apiKey, secret }) => [apiKey, secret])).size, 8);
  for (const { apiKey } of keys) assert.equal(exchange.accounts.keyOf(apiKey)?.account.name, 'test');
});
