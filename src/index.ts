/** The library: what the command line is built from. */

export { queryLog } from './audit/log-query.ts';
export { LogReader } from './audit/log-reader.ts';
export { RecordDecoder, recordLine } from './audit/record-text.ts';
export { recoverLog } from './audit/recover.ts';
export { verifyLog } from './audit/verify.ts';
export { queueAhead } from './book/queue.ts';
export { BookView } from './book/view.ts';
export type { Command } from './config/commands.ts';
export { type ConfigFile, parseConfigFile, type TradingIdentity } from './config/trading-identity.ts';
export { canonicalJson, type ExecutionOptions, type RunIdentity } from './config.ts';
export { TapeheadError } from './core/errors.ts';
export { EventFlag, EventKind, Side, StaleReason } from './core/event.ts';
export { BookKind, type InstrumentDef } from './core/instrument-def.ts';
export { RecordType } from './core/record.ts';
export { runBooks } from './engine/book-run.ts';
export { Market } from './engine/market.ts';
export { rerunLog } from './engine/rerun.ts';
export { resolveTrading } from './engine/trading/identity.ts';
export { failureOf, type Run, type RunReport, startReplay } from './engine.ts';
export { type DetectedRecording, detectRecording } from './feed/detect.ts';
export { BacktestReport } from './report/backtest-report.ts';
export * from './strategy/index.ts';
