/** What is asked for with an order beside its quantity, in the engine's words and units. */
export interface OrderTerms {
  /** OrderSide. */
  readonly side: number;
  /** OrdType. */
  readonly type: number;
  /** TimeInForce. */
  readonly timeInForce: number;
  /** OrderFlag bits. */
  readonly flags: number;
  readonly priceTicks: number;
  readonly stopPriceTicks: number;
}
