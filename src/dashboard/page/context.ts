/** What panels share. */
import type { DashboardRole, Hello } from '../protocol.ts';
import type { Connection } from './connection.ts';
import type { Store } from './store.ts';

export interface PageContext {
  readonly store: Store;
  readonly connection: Connection;
  /** Of the connection of the moment. */
  hello: Hello;
  role: DashboardRole;
  select(instrument: number): void;
  /** A short word at the foot of the page. */
  say(text: string, isBad?: boolean): void;
}

export function isLog({ hello }: PageContext): boolean {
  return hello.mode === 'log';
}

/** Why there is nothing about trading; '' where the run trades. */
export function noTrading(page: PageContext): string {
  return trades(page) ? '' : 'This run does not trade: books only, no strategy is configured.';
}

/** The state tells of strategies later than the first word of the server, where that was asked before the run began. */
export function trades({ hello, store }: PageContext): boolean {
  return hello.strategies.length > 0 || (store.state?.strategies.length ?? 0) > 0;
}

export function mayCommand({ role, hello }: PageContext): boolean {
  return role !== 'view' && hello.mode !== 'log';
}
