/**
 * Balances as they are told. An event may be late and come behind what was read since: it is not news then. What is read when both
 * sides are compared is told whatever its time.
 */
import type { Teller } from '../teller.ts';
import type { BalanceFact } from './facts.ts';

export class Balances {
  private readonly teller: Teller;
  /** By asset: the venue's time of what was told last, epoch ms. */
  private readonly toldMs = new Map<string, number>();

  constructor(teller: Teller) {
    this.teller = teller;
  }

  read(fact: BalanceFact): void {
    this.toldMs.set(fact.asset, fact.timeMs);
    this.teller.balance(fact.asset, fact.free, fact.locked);
  }

  event(fact: BalanceFact): void {
    if (fact.timeMs >= (this.toldMs.get(fact.asset) ?? 0)) this.read(fact);
  }
}
