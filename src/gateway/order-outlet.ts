/** From the order table to the order ring: what the desk sends, as commands of 64 bytes. */
import { OrderAction } from '../core/record.ts';
import type { Orders } from '../oms/orders.ts';
import { CommandField, type OrderCommandWriter } from './order-command.ts';

export class OrderRingOutlet {
  private readonly writer: OrderCommandWriter;

  constructor(writer: OrderCommandWriter) {
    this.writer = writer;
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
}
