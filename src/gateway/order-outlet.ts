/** From the order table to the order ring: what the desk sends, as commands of 64 bytes. */
import type { InstrumentDef } from '../core/instrument-def.ts';
import { OrderAction } from '../core/record.ts';
import type { Orders } from '../oms/orders.ts';
import { CommandField, type OrderCommandWriter } from './order-command.ts';
import { GatewayAction } from './venue-message.ts';

/** Of a Define: its first three words are the symbol. */
const SYMBOL_BYTES = 24;

export class OrderRingOutlet {
  private readonly writer: OrderCommandWriter;
  private readonly bytes: Uint8Array;

  constructor(writer: OrderCommandWriter) {
    this.writer = writer;
    this.bytes = new Uint8Array(writer.fields.buffer);
  }

  /**
   * Order `orderId` was sent, or its cancel or replace was begun: its row says what is asked. `cause`: sequence number of
   * the verdict; `trace`: of the event under way.
   */
  send(orders: Orders, action: OrderAction, orderId: number, cause: number, trace: number): void {
    const { fields } = this.writer;
    const isNew = action === OrderAction.New;
    const isReplace = action === OrderAction.Replace;
    fields[CommandField.OrigClOrdId] = isNew ? 0 : orders.clOrdId[orderId];
    if (isReplace) {
      fields[CommandField.ClOrdId] = orders.replaceClOrdId[orderId];
      fields[CommandField.Qty] = orders.pendingQtyLots[orderId];
      fields[CommandField.Price] = orders.pendingPriceTicks[orderId];
    } else {
      fields[CommandField.ClOrdId] = isNew ? orders.clOrdId[orderId] : orders.cancelClOrdId[orderId];
      fields[CommandField.Qty] = isNew ? orders.qtyLots[orderId] : orders.leavesQtyLots[orderId];
      fields[CommandField.Price] = orders.priceTicks[orderId];
    }
    const stop = orders.stopPriceTicks[orderId];
    fields[CommandField.StopPrice] = Number.isNaN(stop) ? 0 : stop;
    fields[CommandField.CauseSeq] = cause;
    fields[CommandField.Trace] = trace;
    this.writer.send(
      action,
      orders.side[orderId],
      orders.type[orderId],
      orders.timeInForce[orderId],
      orders.instrument[orderId],
      orders.flags[orderId],
    );
  }

  /** `symbol`: the venue's own name. */
  define(instrument: number, symbol: string, { priceDecimals, qtyDecimals }: InstrumentDef): void {
    const { fields } = this.writer;
    fields.fill(0);
    for (let i = 0; i < symbol.length && i < SYMBOL_BYTES; i++) this.bytes[i] = symbol.charCodeAt(i);
    fields[CommandField.Price] = priceDecimals;
    fields[CommandField.StopPrice] = qtyDecimals;
    this.ask(GatewayAction.Define, instrument);
  }

  /** Under the ClOrdID of its pending replace, where there is one. */
  query(orders: Orders, orderId: number): void {
    const { fields } = this.writer;
    const replace = orders.replaceClOrdId[orderId];
    fields.fill(0);
    fields[CommandField.ClOrdId] = replace === 0 ? orders.clOrdId[orderId] : replace;
    fields[CommandField.OrigClOrdId] = replace === 0 ? 0 : orders.clOrdId[orderId];
    fields[CommandField.Qty] = replace === 0 ? orders.qtyLots[orderId] : orders.pendingQtyLots[orderId];
    this.ask(GatewayAction.Query, orders.instrument[orderId]);
  }

  reconcile(number: number): void {
    this.writer.fields.fill(0);
    this.writer.fields[CommandField.ClOrdId] = number;
    this.ask(GatewayAction.Reconcile, 0);
  }

  /** Whatever is still open goes, at the end. */
  cancelAll(): void {
    this.writer.fields.fill(0);
    this.ask(GatewayAction.CancelAll, 0);
  }

  private ask(action: number, instrument: number): void {
    this.writer.send(action, 0, 0, 0, instrument, 0);
  }
}
