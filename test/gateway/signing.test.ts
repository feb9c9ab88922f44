/** Signatures, against the examples in Binance's own documents ("Request security"), and against OpenSSL's verification. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, verify } from 'node:crypto';
import { test } from 'node:test';
import { queryString, signedParams, signedQuery, socketPayload } from '../../src/gateway/binance/signing.ts';
import { VenueKey } from '../../src/gateway/venue-key.ts';

/** The documents' example key; it opens nothing. */
const EXAMPLE = new VenueKey({
  apiKey: 'vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A',
  secret: 'NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j',
});
const ORDER = {
  symbol: 'LTCBTC',
  side: 'BUY',
  type: 'LIMIT',
  timeInForce: 'GTC',
  quantity: '1',
  price: '0.1',
  recvWindow: 5000,
  timestamp: 1499827319559,
};

test('a REST request is signed as in the document', () => {
  const query =
    'symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559';
  assert.equal(queryString(ORDER), query);
  assert.equal(
    signedQuery(ORDER, EXAMPLE),
    `${query}&signature=c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71`,
  );
});

test('a symbol beyond ASCII is percent-encoded before it is signed, as in the document', () => {
  const signed = signedQuery({ ...ORDER, symbol: '１２３４５６' }, EXAMPLE);
  assert.ok(signed.startsWith('symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96&side=BUY'));
  assert.ok(signed.endsWith('signature=e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3'));
});

test('a websocket request is signed over its parameters in alphabetical order, as in the document', () => {
  const params = {
    symbol: 'BTCUSDT',
    side: 'SELL',
    type: 'LIMIT',
    timeInForce: 'GTC',
    quantity: '0.01000000',
    price: '52000.00',
    newOrderRespType: 'ACK',
    recvWindow: 100,
    timestamp: 1645423376532,
  };
  const signed = signedParams(params, EXAMPLE);
  assert.equal(signed.signature, 'cc15477742bd704c29492d96c7ead9414dfd8e0ec4a00f947bb5bb454ddbd08a');
  assert.equal(signed.apiKey, EXAMPLE.apiKey);
  assert.match(socketPayload(signed), /^apiKey=.*&newOrderRespType=ACK&price=52000.00&/);
});

test('an Ed25519 signature is base64, verifies under the public key, and is encoded in a query', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key = new VenueKey({ apiKey: 'k', secret: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() });
  assert.ok(key.isEd25519);
  for (let i = 0; i < 50; i++) {
    const query = signedQuery({ ...ORDER, timestamp: 1499827319559 + i }, key);
    const [payload, signature] = query.split('&signature=');
    assert.doesNotMatch(signature, /[+/=]/, 'as it is in a query');
    assert.ok(verify(null, Buffer.from(payload), publicKey, Buffer.from(decodeURIComponent(signature), 'base64')));
  }
  assert.equal(EXAMPLE.isEd25519, false);
});
