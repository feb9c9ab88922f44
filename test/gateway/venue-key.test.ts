/** Keys: where they come from, what is refused, and that nothing of them is ever shown. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { messageOf, TapeheadError } from '../../src/core/errors.ts';
import { findKey, VenueKey } from '../../src/gateway/venue-key.ts';

const SECRET = 'S3CRETs3cretS3CRETs3cret';
const API_KEY = 'APIKEYapikeyAPIKEYapikey';

function inFolder(run: (path: (name: string, text: string, mode: number) => string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'tapehead-key-'));
  try {
    run((name, text, mode) => {
      const path = join(folder, name);
      writeFileSync(path, text);
      chmodSync(path, mode);
      return path;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The message of the refusal, which must be of one line and show nothing. */
function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof TapeheadError, inspect(error));
    const text = inspect(error);
    for (const hidden of [SECRET, API_KEY, 'PRIVATE KEY', 'MC4C']) assert.ok(!text.includes(hidden), text);
    assert.ok(!error.message.includes('\n'));
    return messageOf(error);
  }
  return assert.fail('it was taken');
}

test('a key comes from the environment: with its secret, or with the file of its private key', () => {
  assert.equal(findKey('BINANCE', {}, null), null);
  const env = { TAPEHEAD_BINANCE_KEY: API_KEY, TAPEHEAD_BINANCE_SECRET: SECRET };
  assert.deepEqual(findKey('BINANCE', env, null), { apiKey: API_KEY, secret: SECRET });
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  inFolder((path) => {
    const file = path('key.pem', pem, 0o600);
    const found = findKey('BINANCE', { TAPEHEAD_BINANCE_KEY: API_KEY, TAPEHEAD_BINANCE_PRIVATE_KEY_FILE: file }, null);
    assert.ok(found !== null && new VenueKey(found).isEd25519);
    assert.match(
      refusal(() => findKey('BINANCE', { ...env, TAPEHEAD_BINANCE_PRIVATE_KEY_FILE: file }, null)),
      /set one of/,
    );
  });
  assert.match(
    refusal(() => findKey('BINANCE', { TAPEHEAD_BINANCE_SECRET: SECRET }, null)),
    /_KEY is not set/,
  );
  assert.match(
    refusal(() => findKey('BINANCE', { TAPEHEAD_BINANCE_KEY: API_KEY }, null)),
    /_SECRET/,
  );
});

test('a file of a key must be readable by its owner alone', () => {
  inFolder((path) => {
    const text = JSON.stringify({ key: API_KEY, secret: SECRET });
    assert.deepEqual(findKey('BINANCE', {}, path('good.json', text, 0o600)), { apiKey: API_KEY, secret: SECRET });
    for (const mode of [0o644, 0o640, 0o604, 0o660]) {
      assert.match(
        refusal(() => findKey('BINANCE', {}, path('open.json', text, mode))),
        /chmod 600/,
      );
    }
    assert.match(
      refusal(() => findKey('BINANCE', {}, path('no.json', `{"key": "${API_KEY}", "secret": "${SECRET}"`, 0o600))),
      /not JSON/,
    );
    assert.match(
      refusal(() => findKey('BINANCE', {}, path('half.json', `{"key": "${API_KEY}"}`, 0o600))),
      /should be/,
    );
    assert.match(
      refusal(() => findKey('BINANCE', {}, join(path('x', '', 0o600), 'gone'))),
      /can't be read/,
    );
  });
});

test('a private key that is none, or of another kind, is refused without showing it', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const pem = rsa.export({ type: 'pkcs8', format: 'pem' }).toString();
  assert.match(
    refusal(() => new VenueKey({ apiKey: API_KEY, secret: pem })),
    /Ed25519 key is needed/,
  );
  assert.match(
    refusal(() => new VenueKey({ apiKey: API_KEY, secret: `-----BEGIN ${SECRET}` })),
    /not a PEM file/,
  );
});

test('a key that is printed, logged or put into JSON shows nothing of itself', () => {
  const key = new VenueKey({ apiKey: API_KEY, secret: SECRET });
  for (const text of [inspect(key, { depth: 10, showHidden: true }), JSON.stringify({ key }), String(key), `${key}`]) {
    assert.ok(!text.includes(SECRET) && !text.includes(API_KEY), text);
  }
});
