/** Who trades: balances and positions as exact whole numbers, open orders, and the keys that an account signs with. */
import { assert } from '../core/assert.ts';
import type { OrderSide } from '../core/order.ts';
import type { Market } from './market.ts';
import type { ExchangeOrder } from './orders.ts';

/** Ledger units (1e-8 of the asset). Neither is ever negative. */
export interface Balance {
  free: bigint;
  /** Held for open orders. */
  locked: bigint;
}

/** Of a perpetual. */
export interface Position {
  /** Signed. */
  lots: number;
  /** What the open lots were entered at: signed as `lots`, ledger units of quote. */
  entryNotional: bigint;
  /** Profit of what was closed, commissions excluded. */
  realised: bigint;
}

export type KeyKind = 'hmac' | 'ed25519';

export interface ApiKey {
  readonly key: string;
  readonly kind: KeyKind;
  /** The secret of an HMAC key; the public key of an Ed25519 one, as PEM. */
  readonly secret: string;
  readonly account: Account;
}

export class Account {
  readonly id: number;
  readonly name: string;
  readonly balances = new Map<string, Balance>();
  readonly positions = new Map<Market, Position>();
  /** In the order of their arrival. */
  readonly open = new Set<ExchangeOrder>();
  private readonly openByClientId = new Map<string, ExchangeOrder>();

  constructor(id: number, name: string) {
    this.id = id;
    this.name = name;
  }

  balance(asset: string): Balance {
    let balance = this.balances.get(asset);
    if (balance === undefined) {
      balance = { free: 0n, locked: 0n };
      this.balances.set(asset, balance);
    }
    return balance;
  }

  position(market: Market): Position {
    let position = this.positions.get(market);
    if (position === undefined) {
      position = { lots: 0, entryNotional: 0n, realised: 0n };
      this.positions.set(market, position);
    }
    return position;
  }

  /** Client order ids are unique among an account's open orders of a market. */
  openByClient(market: Market, clientOrderId: string): ExchangeOrder | undefined {
    return this.openByClientId.get(`${market.index} ${clientOrderId}`);
  }

  addOpen(order: ExchangeOrder): void {
    this.open.add(order);
    this.openByClientId.set(`${order.market.index} ${order.clientOrderId}`, order);
  }

  removeOpen(order: ExchangeOrder): void {
    this.open.delete(order);
    this.openByClientId.delete(`${order.market.index} ${order.clientOrderId}`);
  }

  hasRestingOn(market: Market, side: OrderSide): boolean {
    for (const order of this.open) {
      if (order.market === market && order.side === side && order.bookId !== 0) return true;
    }
    return false;
  }

  /** Moves from free to locked. */
  lock(asset: string, amount: bigint): void {
    const balance = this.balance(asset);
    balance.free -= amount;
    balance.locked += amount;
    assert(amount >= 0n && balance.free >= 0n, `${this.name} has the ${asset} that it locks`);
  }

  unlock(asset: string, amount: bigint): void {
    const balance = this.balance(asset);
    balance.locked -= amount;
    balance.free += amount;
    assert(amount >= 0n && balance.locked >= 0n, `${this.name} has locked the ${asset} that it unlocks`);
  }

  checkInvariants(): void {
    const locked = new Map<string, bigint>();
    for (const order of this.open) {
      assert(order.leavesLots > 0, `order ${order.id} is open with lots left`);
      assert(order.locked >= 0n, `order ${order.id} locks a whole amount`);
      assert(
        this.openByClient(order.market, order.clientOrderId) === order,
        `order ${order.id} is known by its client id`,
      );
      locked.set(order.lockedAsset, (locked.get(order.lockedAsset) ?? 0n) + order.locked);
    }
    for (const [asset, balance] of this.balances) {
      assert(balance.free >= 0n && balance.locked >= 0n, `${this.name}: ${asset} is not negative`);
      assert(balance.locked === (locked.get(asset) ?? 0n), `${this.name}: locked ${asset} is what open orders lock`);
      locked.delete(asset);
    }
    for (const [asset, amount] of locked) assert(amount === 0n, `${this.name}: no balance of locked ${asset}`);
  }
}

export class Accounts {
  private readonly byName = new Map<string, Account>();
  private readonly keys = new Map<string, ApiKey>();

  get all(): Iterable<Account> {
    return this.byName.values();
  }

  /** The account of the name, made where there is none. */
  open(name: string): Account {
    let account = this.byName.get(name);
    if (account === undefined) {
      account = new Account(this.byName.size + 1, name);
      this.byName.set(name, account);
    }
    return account;
  }

  /** Gives an account something out of nothing. */
  deposit(account: Account, asset: string, amount: bigint): void {
    assert(amount >= 0n, 'a deposit is not negative');
    account.balance(asset).free += amount;
  }

  addKey(key: ApiKey): void {
    this.keys.set(key.key, key);
  }

  keyOf(key: string): ApiKey | undefined {
    return this.keys.get(key);
  }
}
