/** The naive twin of the simulator's matching engine: one array of orders, sorted whenever it matters. */
export interface NaiveResting {
  readonly id: number;
  readonly direction: 1 | -1;
  readonly price: number;
  readonly hidden: boolean;
  readonly arrival: number;
  qty: number;
}

export interface NaiveFill {
  readonly id: number;
  readonly qty: number;
}

export class NaiveMatching {
  orders: NaiveResting[] = [];
  private arrivals = 0;

  /** Best first: price, displayed before hidden, arrival. */
  side(direction: 1 | -1): NaiveResting[] {
    return this.orders
      .filter((order) => order.direction === direction)
      .sort((a, b) => (b.price - a.price) * direction || Number(a.hidden) - Number(b.hidden) || a.arrival - b.arrival);
  }

  take(direction: 1 | -1, limit: number, qty: number): { fills: NaiveFill[]; left: number } {
    const fills: NaiveFill[] = [];
    for (const order of this.side(direction === 1 ? -1 : 1)) {
      if (qty === 0 || (order.price - limit) * direction > 0) break;
      const traded = Math.min(qty, order.qty);
      qty -= traded;
      order.qty -= traded;
      fills.push({ id: order.id, qty: traded });
    }
    this.orders = this.orders.filter((order) => order.qty > 0);
    return { fills, left: qty };
  }

  rest(id: number, direction: 1 | -1, price: number, qty: number, hidden: boolean): void {
    this.orders.push({ id, direction, price, qty, hidden, arrival: ++this.arrivals });
  }

  remove(id: number): void {
    this.orders = this.orders.filter((order) => order.id !== id);
  }

  reduce(id: number, qty: number): void {
    this.orders.find((order) => order.id === id)!.qty -= qty;
  }

  /** Most that can trade at one price, by trying every price. */
  mostPaired(): number {
    let most = 0;
    for (const { price } of this.orders) {
      const demand = this.side(1)
        .filter((order) => order.price >= price)
        .reduce((sum, order) => sum + order.qty, 0);
      const supply = this.side(-1)
        .filter((order) => order.price <= price)
        .reduce((sum, order) => sum + order.qty, 0);
      most = Math.max(most, Math.min(demand, supply));
    }
    return most;
  }
}
