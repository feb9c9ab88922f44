/** API keys of a venue that is started here: from a file, or made up for tests. */
import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { parseExact, unitsOf } from '../../core/decimal.ts';
import { TapeheadError } from '../../core/errors.ts';
import type { Account, Accounts } from '../accounts.ts';
import type { Exchange } from '../exchange.ts';
import { LEDGER_DECIMALS, LEDGER_UNIT } from '../listing.ts';

/** What accounts have to begin with where nobody says: so many of each asset. */
const BASE_DEPOSIT = 1_000n * LEDGER_UNIT;
const QUOTE_DEPOSIT = 10_000_000n * LEDGER_UNIT;

/** A key that was made up, with what its owner signs with. */
export interface TestKey {
  readonly kind: 'hmac' | 'ed25519';
  readonly apiKey: string;
  /** The HMAC secret, or the private key as PEM. */
  readonly secret: string;
}

/** One account, `test`, with a key of each kind. For venues on this machine only: whoever runs it prints them. */
export function makeTestKeys(exchange: Exchange): readonly TestKey[] {
  const account = exchange.accounts.open('test');
  depositUsual(exchange, account);
  const hmac: TestKey = { kind: 'hmac', apiKey: randomName(), secret: randomName() };
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const secret = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const ed25519: TestKey = { kind: 'ed25519', apiKey: randomName(), secret };
  exchange.accounts.addKey({ key: hmac.apiKey, kind: 'hmac', secret: hmac.secret, account });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  exchange.accounts.addKey({ key: ed25519.apiKey, kind: 'ed25519', secret: pem, account });
  return [hmac, ed25519];
}

/**
 * Keys from a file of JSON: [{"account": "desk", "key": …, "secret": … or "publicKey": PEM, "balances": {"USDT": "1000"}}, …].
 * Without balances an account has the usual ones. The file must be readable by its owner alone. How many keys; throws TapeheadError.
 */
export function loadApiKeys(exchange: Exchange, file: string): number {
  const rows = readRows(file);
  for (const [i, row] of rows.entries()) addRow(exchange, row, `${file}: entry ${i + 1}`);
  return rows.length;
}

function addRow(exchange: Exchange, row: unknown, where: string): void {
  const { account: name, key, secret, publicKey, balances } = (row ?? {}) as Record<string, unknown>;
  const hidden = secret ?? publicKey;
  const isOne = (secret === undefined) !== (publicKey === undefined);
  if (typeof name !== 'string' || typeof key !== 'string' || typeof hidden !== 'string' || !isOne) {
    throw new TapeheadError('FORMAT', `${where}: it should have account, key, and secret or publicKey`);
  }
  const { accounts } = exchange;
  const isNew = ![...accounts.all].some((one) => one.name === name);
  const account = accounts.open(name);
  if (balances !== undefined) depositStated(accounts, account, balances, where);
  else if (isNew) depositUsual(exchange, account);
  if (publicKey !== undefined) checkPublicKey(hidden, where);
  accounts.addKey({ key, kind: publicKey === undefined ? 'hmac' : 'ed25519', secret: hidden, account });
}

function depositStated(accounts: Accounts, account: Account, balances: unknown, where: string): void {
  for (const [asset, amount] of Object.entries((balances ?? {}) as Record<string, unknown>)) {
    const decimal = parseExact(String(amount));
    const units = decimal === null ? Number.NaN : unitsOf(decimal, LEDGER_DECIMALS);
    if (!(units >= 0)) throw new TapeheadError('FORMAT', `${where}: '${amount}' is no amount of ${asset}`);
    accounts.deposit(account, asset, BigInt(units));
  }
}

function depositUsual(exchange: Exchange, account: Account): void {
  const quotes = new Set(exchange.markets.map(({ listing }) => listing.quote));
  const bases = new Set(exchange.markets.map(({ listing }) => listing.base));
  for (const asset of bases) if (!quotes.has(asset)) exchange.accounts.deposit(account, asset, BASE_DEPOSIT);
  for (const asset of quotes) exchange.accounts.deposit(account, asset, QUOTE_DEPOSIT);
}

function checkPublicKey(pem: string, where: string): void {
  try {
    if (createPublicKey(pem).asymmetricKeyType === 'ed25519') return;
  } catch {
    // said below
  }
  throw new TapeheadError('FORMAT', `${where}: publicKey is not the PEM text of an Ed25519 key`);
}

function readRows(file: string): readonly unknown[] {
  let text: string;
  try {
    const { mode } = statSync(file);
    if ((mode & 0o077) !== 0) {
      throw new TapeheadError(
        'USAGE',
        `${file}: others may read it (mode ${(mode & 0o777).toString(8)}); run: chmod 600 ${file}`,
      );
    }
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof TapeheadError) throw error;
    throw new TapeheadError(
      'NO_FILE',
      `${file}: can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`,
    );
  }
  let rows: unknown = null;
  try {
    rows = JSON.parse(text);
  } catch {
    rows = null; // said below: the parser's own words would quote the file
  }
  if (Array.isArray(rows)) return rows;
  throw new TapeheadError('FORMAT', `${file}: it should be a JSON list of {"account", "key", "secret" or "publicKey"}`);
}

function randomName(): string {
  return randomBytes(32).toString('hex');
}
