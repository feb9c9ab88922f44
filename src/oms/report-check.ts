/**
 * What is to be made of an execution report, before anything is changed: first whose it is, then whether it was seen,
 * then whether the order's life has such a transition, last whether its quantities can be true. Pure, O(1).
 *
 * How far an order may be executed: an open one up to its quantity, or that of a pending replace where this is more (the
 * venue may have accepted it already); one that ended up to the CumQty that the report which ended it stated. A report that
 * goes further is Inconsistent.
 */

import type { ExecReport } from '../core/exec-report.ts';
import { ExecType, isTerminal, OrdType } from '../core/order.ts';
import { OmsOutcome } from '../core/record.ts';
import type { Executions } from './executions.ts';
import type { IdMap } from './id-map.ts';
import { OrderMark, type Orders } from './orders.ts';
import { worstQtyLots } from './standing.ts';
import { mayHappen } from './transitions.ts';

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** `clOrdIds`: every ClOrdID with the order that it belongs to. */
export function checkReport(orders: Orders, clOrdIds: IdMap, executions: Executions, report: ExecReport): OmsOutcome {
  const { orderId, origClOrdId, execId, execType } = report;
  if (!orders.has(orderId) || (orders.marks[orderId] & OrderMark.Sent) === 0) return OmsOutcome.UnknownOrder;
  if (clOrdIds.get(report.clOrdId) !== orderId) return OmsOutcome.UnknownOrder;
  if (origClOrdId !== 0 && clOrdIds.get(origClOrdId) !== orderId) return OmsOutcome.UnknownOrder;
  if (executions.isSeen(execId)) return OmsOutcome.Duplicate;
  if (!(execType >= ExecType.PendingNew && execType <= ExecType.Restated)) return OmsOutcome.Refused;
  if (!mayHappen(orders.status[orderId], execType)) return OmsOutcome.Refused;
  if (!answersOpenRequest(orders, report)) return OmsOutcome.Refused;
  return isCount(execId) && isPlausible(orders, executions, report) ? OmsOutcome.Applied : OmsOutcome.Inconsistent;
}

/** An answer to a cancel or replace names a request that is still open; other reports answer none. */
function answersOpenRequest(orders: Orders, report: ExecReport): boolean {
  const { execType, orderId, clOrdId } = report;
  if (execType === ExecType.CancelRejected) return clOrdId === orders.cancelClOrdId[orderId];
  if (execType === ExecType.Replaced || execType === ExecType.ReplaceRejected) {
    return clOrdId === orders.replaceClOrdId[orderId];
  }
  return true;
}

function isPlausible(orders: Orders, executions: Executions, report: ExecReport): boolean {
  const { orderId } = report;
  const isOver = isTerminal(orders.status[orderId]);
  const cum = orders.cumQtyLots[orderId];
  const mostLots = isOver ? orders.statedCumQtyLots[orderId] : worstQtyLots(orders, orderId);
  switch (report.execType) {
    case ExecType.Trade:
      return isExecution(report) && report.cumQtyLots >= report.lastQtyLots && cum + report.lastQtyLots <= mostLots;
    case ExecType.TradeCancel:
      return report.execId !== 0 && executions.standingFill(report.refExecId, orderId) !== 0;
    case ExecType.TradeCorrect: {
      const fill = executions.standingFill(report.refExecId, orderId);
      if (fill === 0 || !isExecution(report)) return false;
      const moreLots = report.lastQtyLots - executions.qtyLots[fill];
      return moreLots <= 0 || cum + moreLots <= mostLots;
    }
    case ExecType.Canceled:
    case ExecType.Expired:
      return isCount(report.cumQtyLots) && report.cumQtyLots <= mostLots;
    case ExecType.Rejected:
      return cum === 0 && report.cumQtyLots === 0;
    case ExecType.Replaced:
    case ExecType.Restated:
      // Of an order that is over, or overtaken by later terms: late, and its terms are not taken over.
      return isOver || report.venueNs < orders.termsNs[orderId] || statesTerms(report, mostLots);
    case ExecType.Triggered:
      return isUntriggeredStop(orders, orderId);
    default:
      return true;
  }
}

function isExecution(report: ExecReport): boolean {
  return (
    report.execId !== 0 &&
    Number.isSafeInteger(report.lastQtyLots) &&
    report.lastQtyLots > 0 &&
    Number.isSafeInteger(report.lastPxTicks) &&
    isCount(report.cumQtyLots)
  );
}

/** The order's quantity and price from now on, and what was executed of it. */
function statesTerms(report: ExecReport, mostLots: number): boolean {
  return (
    isCount(report.orderQtyLots) &&
    report.orderQtyLots > 0 &&
    report.orderQtyLots <= mostLots &&
    isCount(report.cumQtyLots) &&
    report.cumQtyLots <= mostLots &&
    Number.isSafeInteger(report.priceTicks) &&
    isCount(report.venueNs)
  );
}

function isUntriggeredStop(orders: Orders, orderId: number): boolean {
  const type = orders.type[orderId];
  if (type !== OrdType.Stop && type !== OrdType.StopLimit) return false;
  return (orders.marks[orderId] & OrderMark.Triggered) === 0;
}
