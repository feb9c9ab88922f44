/**
 * What `import ... from 'tapehead'` is inside a strategy's module: the strategy interface and the vocabulary of orders
 * and books. Nothing here reaches the engine; a strategy gets frozen copies of the tables.
 */
export { ConsolidatedBook } from '../book/consolidated.ts';
export { EventKind, Side, StaleReason, TradingState } from '../core/event.ts';
export { BookKind, type InstrumentDef } from '../core/instrument-def.ts';
export {
  ExecType,
  GroupKind,
  HaltReason,
  isTerminal,
  Liquidity,
  OrderFlag,
  OrderSide,
  type OrderTicket,
  OrdStatus,
  OrdType,
  PegType,
  RejectCode,
  signOf,
  TimeInForce,
} from '../core/order.ts';
export { rejectText } from '../core/reject-text.ts';
export {
  type BookReader,
  type DeterministicMath,
  defineStrategy,
  type OrderUpdate,
  type OrderView,
  type ParameterSpec,
  type ParameterSpecs,
  type Parameters,
  type ParameterValue,
  type ParentView,
  type PnlView,
  type PositionView,
  type RandomSource,
  type Signal,
  type Signals,
  type Strategy,
  type StrategyContext,
  type StrategyDefinition,
  type TradeView,
} from './api.ts';
