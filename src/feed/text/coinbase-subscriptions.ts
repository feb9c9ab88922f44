/** What Coinbase Exchange's answer to a subscription says of the full channel. */
import type { CoinbaseFull } from './coinbase-full.ts';
import type { CoinbaseParts } from './coinbase-parts.ts';
import { ascii } from './json-scan.ts';

const CHANNELS = ascii('channels');
const NAME = ascii('name');
const FULL = ascii('full');
const PRODUCT_IDS = ascii('product_ids');

const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;

/** {"channels":[{"name":"full","product_ids":[...]},...]}: those products' books are made of the full channel. */
export function adoptFullProducts(parts: CoinbaseParts, full: CoinbaseFull): void {
  const { scan } = parts;
  scan.beginObject();
  while (scan.nextKey()) {
    if (!scan.keyIs(CHANNELS) || scan.peek() !== OPEN_BRACKET) {
      scan.skipValue();
      continue;
    }
    scan.beginArray();
    while (scan.nextItem()) subscribed(parts, full);
  }
}

function subscribed(parts: CoinbaseParts, full: CoinbaseFull): void {
  const { scan, market } = parts;
  if (scan.peek() !== OPEN_BRACE) {
    scan.skipValue();
    return;
  }
  let isFull = false;
  let productsAt = -1;
  scan.beginObject();
  while (scan.nextKey()) {
    if (scan.keyIs(NAME)) isFull = scan.string() && scan.textIs(FULL);
    else {
      if (scan.keyIs(PRODUCT_IDS) && scan.peek() === OPEN_BRACKET) productsAt = scan.pos;
      scan.skipValue();
    }
  }
  const end = scan.pos;
  if (!isFull || productsAt < 0) return;
  scan.pos = productsAt;
  scan.beginArray();
  while (scan.nextItem()) {
    if (!scan.string()) continue;
    const instrument = market.instruments.get(scan.bytes, scan.textFrom, scan.textTo);
    if (instrument !== null) full.adopt(instrument);
  }
  scan.pos = end;
}
