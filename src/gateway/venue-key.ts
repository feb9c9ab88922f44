/**
 * The key of an account at a venue: from the environment, or from a file that only its owner can read. Never from the
 * command line. What is secret is kept in private fields, so that neither printing a key nor an error shows it.
 */
import { createHmac, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { TapeheadError } from '../core/errors.ts';

/** What is handed to the gateway's thread (structured-cloneable). Secret: never printed, never in an error. */
export interface KeyMaterial {
  readonly apiKey: string;
  /** HMAC secret, or PEM text of an Ed25519 private key. */
  readonly secret: string;
}

const PEM = '-----BEGIN';

export class VenueKey {
  readonly #apiKey: string;
  readonly #secret: string;
  readonly #privateKey: KeyObject | null;

  /** Throws TapeheadError where it is no key. */
  constructor(material: KeyMaterial) {
    this.#apiKey = material.apiKey;
    this.#secret = material.secret;
    this.#privateKey = material.secret.startsWith(PEM) ? privateKeyOf(material.secret) : null;
  }

  get apiKey(): string {
    return this.#apiKey;
  }

  /** Ed25519: sessions can be logged on. */
  get isEd25519(): boolean {
    return this.#privateKey !== null;
  }

  /** HMAC-SHA256 as hex, or Ed25519 as base64, of the payload's UTF-8 bytes. */
  sign(payload: string): string {
    if (this.#privateKey === null) return createHmac('sha256', this.#secret).update(payload).digest('hex');
    return sign(null, Buffer.from(payload), this.#privateKey).toString('base64');
  }

  /** What logs and JSON show of it. */
  toJSON(): string {
    return '[key]';
  }
}

/**
 * The key of `venue` (such as BINANCE) from `env`: TAPEHEAD_<venue>_KEY with _SECRET (HMAC) or _PRIVATE_KEY_FILE (Ed25519,
 * PEM), or a file of JSON, {"key", "secret"} or {"key", "privateKey"}. Null where neither is given. Throws TapeheadError.
 */
export function findKey(
  venue: string,
  env: Readonly<Record<string, string | undefined>>,
  file: string | null,
): KeyMaterial | null {
  if (file !== null) return keyFromFile(file);
  const prefix = `TAPEHEAD_${venue}_`;
  const apiKey = env[`${prefix}KEY`] ?? '';
  const secret = env[`${prefix}SECRET`] ?? '';
  const pemFile = env[`${prefix}PRIVATE_KEY_FILE`] ?? '';
  if (apiKey === '' && secret === '' && pemFile === '') return null;
  if (apiKey === '') throw new TapeheadError('USAGE', `${prefix}KEY is not set: set it beside the secret`);
  if ((secret === '') === (pemFile === '')) {
    throw new TapeheadError('USAGE', `set one of ${prefix}SECRET and ${prefix}PRIVATE_KEY_FILE`);
  }
  return checked({ apiKey, secret: pemFile === '' ? secret : readOwnFile(pemFile).trim() });
}

function keyFromFile(file: string): KeyMaterial {
  const text = readOwnFile(file);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new TapeheadError('FORMAT', `${file}: not JSON; it should be {"key": …, "secret": …}`); // the parser's words quote it
  }
  const { key, secret, privateKey } = (parsed ?? {}) as Record<string, unknown>;
  const hidden = secret ?? privateKey;
  if (typeof key !== 'string' || typeof hidden !== 'string' || (secret !== undefined && privateKey !== undefined)) {
    throw new TapeheadError('FORMAT', `${file}: it should be {"key": …, "secret": …} or {"key": …, "privateKey": …}`);
  }
  return checked({ apiKey: key, secret: hidden.trim() });
}

/** Windows has no such rights; there the file's owner is on his own. */
function readOwnFile(file: string): string {
  try {
    const { mode } = statSync(file);
    if ((mode & 0o077) !== 0) {
      const text = (mode & 0o777).toString(8);
      throw new TapeheadError('USAGE', `${file}: others may read it (mode ${text}); run: chmod 600 ${file}`);
    }
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof TapeheadError) throw error;
    throw new TapeheadError(
      'NO_FILE',
      `${file}: can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`,
    );
  }
}

function checked(material: KeyMaterial): KeyMaterial {
  if (!/^[\x21-\x7e]{1,128}$/.test(material.apiKey)) {
    throw new TapeheadError('USAGE', 'the API key is empty, too long or has characters that no key has');
  }
  if (material.secret === '') throw new TapeheadError('USAGE', 'the secret of the API key is empty');
  if (material.secret.startsWith(PEM)) privateKeyOf(material.secret);
  return material;
}

function privateKeyOf(pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new TapeheadError('FORMAT', 'the private key is not a PEM file without a passphrase');
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new TapeheadError('FORMAT', `the private key is ${key.asymmetricKeyType}; an Ed25519 key is needed`);
  }
  return key;
}
