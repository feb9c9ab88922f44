/**
 * The naive twin of an exchange with one spot market: a plain list of orders in the order of their arrival, sorted whenever it
 * matters, amounts in bigint, whole accounts recomputed. Knows limit (Gtc, Ioc, Fok, post-only), market and iceberg orders,
 * cancel-newest, and nobody's flow as an account without balances.
 */
export interface TwinOrder {
  readonly name: string;
  readonly owner: string;
  readonly isBuy: boolean;
  price: bigint;
  leaves: bigint;
  shown: bigint;
  readonly display: bigint;
  arrival: number;
}

export interface TwinRequest {
  readonly name: string;
  readonly owner: string;
  readonly isBuy: boolean;
  /** 0: market. */
  readonly price: number;
  readonly lots: number;
  readonly display: number;
  readonly how: 'rest' | 'ioc' | 'fok' | 'post';
}

/** Ledger units for a lot of base and for a tick x lot of quote, commission in millionths. */
export interface TwinTerms {
  readonly perLot: bigint;
  readonly perTickLot: bigint;
  readonly ppm: bigint;
  readonly minNotional: bigint;
}

export class NaiveExchange {
  orders: TwinOrder[] = [];
  /** Base and quote owned, locked or not. */
  readonly owned = new Map<string, [bigint, bigint]>();
  readonly trades: string[] = [];
  private arrivals = 0;
  private readonly terms: TwinTerms;

  constructor(terms: TwinTerms) {
    this.terms = terms;
  }

  /** Free base and quote: what is owned, less what open orders hold. */
  free(owner: string): [bigint, bigint] {
    const [base, quote] = this.owned.get(owner) ?? [0n, 0n];
    let [heldBase, heldQuote] = [0n, 0n];
    for (const order of this.orders.filter((one) => one.owner === owner)) {
      if (order.isBuy) heldQuote += order.price * order.leaves * this.terms.perTickLot;
      else heldBase += order.leaves * this.terms.perLot;
    }
    return [base - heldBase, quote - heldQuote];
  }

  /** False: refused. */
  submit(request: TwinRequest): boolean {
    const { owner, isBuy, how } = request;
    const price = BigInt(request.price);
    const lots = BigInt(request.lots);
    const isOwned = this.owned.has(owner);
    if (isOwned && price > 0n && price * lots * this.terms.perTickLot < this.terms.minNotional) return false;
    const reach = this.reach(isBuy, price);
    if (how === 'post' && reach.length > 0) return false;
    if (isOwned && !this.pays(owner, isBuy, price, lots, reach)) return false;
    let allowed = lots;
    if (isOwned) allowed = this.allowed(owner, reach, lots);
    const met = reach.reduce((sum, one) => sum + one.leaves, 0n);
    if (how === 'fok' && (allowed < lots || met < lots)) return true;
    let left = this.trade(request, price, allowed);
    if (allowed < lots) left = 0n;
    if (left > 0n && price > 0n && (how === 'rest' || how === 'post')) {
      const display = BigInt(request.display);
      const shown = display > 0n && display < left ? display : left;
      this.orders.push({
        name: request.name,
        owner,
        isBuy,
        price,
        leaves: left,
        shown,
        display,
        arrival: ++this.arrivals,
      });
    }
    return true;
  }

  cancel(name: string): boolean {
    const before = this.orders.length;
    this.orders = this.orders.filter((order) => order.name !== name);
    return this.orders.length < before;
  }

  /** Price and displayed lots, the best first. */
  levels(isBuy: boolean): [number, number][] {
    const sums = new Map<bigint, bigint>();
    for (const order of this.orders) {
      if (order.isBuy === isBuy) sums.set(order.price, (sums.get(order.price) ?? 0n) + order.shown);
    }
    return [...sums]
      .map(([price, lots]): [number, number] => [Number(price), Number(lots)])
      .sort((a, b) => (isBuy ? b[0] - a[0] : a[0] - b[0]));
  }

  /** Those that an order could trade with, in the order of service at this moment. */
  private reach(isBuy: boolean, price: bigint): TwinOrder[] {
    return this.orders
      .filter((one) => one.isBuy !== isBuy && (price === 0n || (isBuy ? one.price <= price : one.price >= price)))
      .sort((a, b) => {
        if (a.price === b.price) return a.arrival - b.arrival;
        return (isBuy ? a.price < b.price : a.price > b.price) ? -1 : 1;
      });
  }

  private pays(owner: string, isBuy: boolean, price: bigint, lots: bigint, reach: readonly TwinOrder[]): boolean {
    const [base, quote] = this.free(owner);
    if (price > 0n) return isBuy ? quote >= price * lots * this.terms.perTickLot : base >= lots * this.terms.perLot;
    let [left, cost] = [lots, 0n];
    for (const one of reach) {
      const take = left < one.leaves ? left : one.leaves;
      left -= take;
      cost += take * one.price * this.terms.perTickLot;
    }
    if (left === lots) return false;
    return isBuy ? quote >= cost : base >= (lots - left) * this.terms.perLot;
  }

  /** Lots that trade before one of the owner's is met: played through on copies, one lot's owner at a time. */
  private allowed(owner: string, reach: readonly TwinOrder[], lots: bigint): bigint {
    const queue = reach.map((one) => ({ ...one }));
    let traded = 0n;
    while (traded < lots && queue.length > 0) {
      const first = queue[0];
      if (first.owner === owner) return traded;
      const take = lots - traded < first.shown ? lots - traded : first.shown;
      traded += take;
      this.serve(queue, first, take);
    }
    return lots;
  }

  private trade(request: TwinRequest, price: bigint, lots: bigint): bigint {
    let left = lots;
    while (left > 0n) {
      const queue = this.reach(request.isBuy, price);
      if (queue.length === 0) break;
      const maker = queue[0];
      const take = left < maker.shown ? left : maker.shown;
      left -= take;
      this.trades.push(`${request.name} ${maker.name} ${take}@${maker.price}`);
      this.settle(request.owner, request.isBuy, maker.price, take);
      this.settle(maker.owner, maker.isBuy, maker.price, take);
      this.serve(this.orders, maker, take);
    }
    return left;
  }

  /** Takes lots of an order; one whose displayed part is used up displays the next at the end of its queue. */
  private serve(queue: TwinOrder[], order: TwinOrder, lots: bigint): void {
    order.leaves -= lots;
    order.shown -= lots;
    if (order.shown > 0n) return;
    queue.splice(queue.indexOf(order), 1);
    if (order.leaves === 0n) return;
    order.shown = order.display < order.leaves ? order.display : order.leaves;
    order.arrival = ++this.arrivals;
    const behind = queue.findLastIndex((one) => one.isBuy === order.isBuy && one.price === order.price);
    queue.splice(behind + 1, 0, order);
  }

  private settle(owner: string, isBuy: boolean, price: bigint, lots: bigint): void {
    const owned = this.owned.get(owner);
    if (owned === undefined) return;
    const base = lots * this.terms.perLot;
    const quote = lots * price * this.terms.perTickLot;
    owned[0] += isBuy ? base - (base * this.terms.ppm) / 1_000_000n : -base;
    owned[1] += isBuy ? -quote : quote - (quote * this.terms.ppm) / 1_000_000n;
  }
}
