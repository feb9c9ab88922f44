/**
 * Commands of a client: asked, challenged, confirmed, and only then sent. Who asks needs the role; what was confirmed is
 * journalled by the engine with who asked, before it acts, and the answer comes from the journal.
 */
import { randomBytes } from 'node:crypto';
import { type Command, encodeCommand, parseCommand } from '../config/commands.ts';
import { messageOf } from '../core/errors.ts';
import { grouped } from '../core/text.ts';
import type { CommandWatch } from './model/model.ts';
import type { DashboardRole } from './protocol.ts';

/** A challenge that is not answered within so long is void. */
const CHALLENGE_MS = 10_000;
/** Open challenges of one client. */
const MOST_OPEN = 4;
/** A command that the journal does not show by then is reported as sent, and not yet seen. */
const JOURNAL_MS = 2_000;
const NOT_SEEN = 'sent, but the journal does not show it yet; look before you ask again';
const TOO_LATE = 'the run has ended: the journal does not show it';

/** Where confirmed commands go. */
export interface CommandPort {
  send(command: Command): void;
}

export type Outcome = (ok: boolean, text: string) => void;

interface Challenge {
  readonly command: Command;
  readonly words: string;
  readonly untilMs: number;
}

/** `dashboard:admin@127.0.0.1` */
export function askedBy(role: DashboardRole, address: string): string {
  return `dashboard:${role}@${address}`;
}

/** What a role may ask for. */
export function mayAsk(role: DashboardRole, command: Command): boolean {
  if (role === 'admin') return true;
  return role === 'trade' && ['kill', 'halt-strategy', 'cancel-all'].includes(command.do);
}

/** The challenges of one client. */
export class Challenges {
  private readonly open = new Map<string, Challenge>();

  /** Throws where the command makes no sense, the role may not, or too many wait for their confirmation. */
  ask(value: unknown, role: DashboardRole, by: string, nowMs: number): { nonce: string; words: string; text: string } {
    if (typeof value !== 'object' || value === null) throw new Error('a command is a map with "do"');
    const command = parseCommand({ ...value, by }, 'command');
    encodeCommand(command);
    if (!mayAsk(role, command)) throw new Error(`the role ${role} may not ask for ${command.do}`);
    for (const [nonce, one] of this.open) if (one.untilMs < nowMs) this.open.delete(nonce);
    if (this.open.size >= MOST_OPEN) throw new Error(`${MOST_OPEN} commands wait for their confirmation already`);
    const nonce = randomBytes(16).toString('hex');
    const words = wordsOf(command);
    this.open.set(nonce, { command, words, untilMs: nowMs + CHALLENGE_MS });
    return { nonce, words, text: textOf(command) };
  }

  /** The command that was asked for under this nonce. A nonce is good for one answer. Throws where the answer is not right. */
  confirm(nonce: string, words: string, nowMs: number): Command {
    const challenge = this.open.get(nonce);
    this.open.delete(nonce);
    if (challenge === undefined) throw new Error('there is no such command to be confirmed');
    if (challenge.untilMs < nowMs) throw new Error('confirmed too late; ask again');
    if (challenge.words !== words) throw new Error('not the words of the confirmation; ask again');
    return challenge.command;
  }
}

function wordsOf(command: Command): string {
  switch (command.do) {
    case 'kill':
      return `KILL ${subjectOf(command)}`;
    case 'resume':
      return `RESUME ${subjectOf(command)}`;
    case 'trading-state':
      return `${command.state.toUpperCase()} ${subjectOf(command)}`;
    case 'set-limit':
      return `LIMIT ${command.limit}`;
    case 'set-parameters':
      return `PARAMETERS ${command.strategy}`;
    case 'halt-strategy':
      return `HALT ${command.strategy}`;
    case 'stop-trading':
      return 'STOP TRADING';
    case 'cancel-all':
      return command.strategy === undefined ? 'CANCEL ALL' : `CANCEL ${command.strategy}`;
  }
}

function subjectOf(command: { readonly scope: string; readonly name?: string | undefined }): string {
  return command.scope === 'engine' ? 'ENGINE' : `${command.scope} ${command.name ?? ''}`.trim();
}

function textOf(command: Command): string {
  switch (command.do) {
    case 'kill':
      return `No order of ${subjectOf(command).toLowerCase()} leaves any more, open ones are cancelled, until somebody resumes it.`;
    case 'resume':
      return `The kill switch of ${subjectOf(command).toLowerCase()} is released: it may trade again.`;
    case 'trading-state':
      return `The trading state of ${subjectOf(command).toLowerCase()} becomes ${command.state}.`;
    case 'set-limit':
      return `The limit ${command.limit} becomes ${command.value === null ? 'none' : grouped(command.value)}.`;
    case 'set-parameters':
      return `Parameters of ${command.strategy} are changed: ${JSON.stringify(command.params)}.`;
    case 'halt-strategy':
      return `The strategy ${command.strategy} is halted for the rest of the run, its orders are cancelled.`;
    case 'stop-trading':
      return 'Strategies are stopped and their orders are cancelled, as at the end of a run.';
    case 'cancel-all':
      return `All open orders${command.strategy === undefined ? '' : ` of ${command.strategy}`} are cancelled.`;
  }
}

interface Sent {
  readonly outcome: Outcome;
  readonly untilMs: number;
  seq: number;
  refusal: string;
}

/** Follows what was sent into the journal. */
export class SentCommands implements CommandWatch {
  private readonly port: CommandPort;
  /** By the text that the Command record will have; the same text may be sent more than once. */
  private readonly waiting = new Map<string, Sent[]>();
  private readonly seen: Sent[] = [];

  constructor(port: CommandPort) {
    this.port = port;
  }

  /** The journal is waited for. */
  get isWaiting(): boolean {
    return this.waiting.size > 0;
  }

  send(command: Command, nowMs: number, outcome: Outcome): void {
    try {
      this.port.send(command);
    } catch (error) {
      outcome(false, messageOf(error));
      return;
    }
    const { text } = encodeCommand(command);
    const sent: Sent = { outcome, untilMs: nowMs + JOURNAL_MS, seq: 0, refusal: '' };
    const same = this.waiting.get(text);
    if (same === undefined) this.waiting.set(text, [sent]);
    else same.push(sent);
  }

  journalled(text: string, seq: number): void {
    const same = this.waiting.get(text);
    const sent = same?.shift();
    if (same?.length === 0) this.waiting.delete(text);
    if (sent === undefined) return;
    sent.seq = seq;
    this.seen.push(sent);
  }

  refused(cause: number, why: string): void {
    for (const sent of this.seen) if (sent.seq === cause) sent.refusal = why;
  }

  /**
   * A batch of records was taken: what followed from a command stands right behind it, so its outcome is known. `isOver`: the
   * journal has ended, nothing that it does not show will come.
   */
  settle(nowMs: number, isOver: boolean): void {
    for (const { outcome, seq, refusal } of this.seen.splice(0)) {
      if (refusal === '') outcome(true, `carried out; record ${seq} of the journal`);
      else outcome(false, `refused by the engine: ${refusal} (record ${seq})`);
    }
    for (const [text, list] of this.waiting) {
      const isDone = ({ untilMs }: Sent): boolean => isOver || untilMs < nowMs;
      for (const { outcome } of list.filter(isDone)) outcome(false, isOver ? TOO_LATE : NOT_SEEN);
      const left = list.filter((sent) => !isDone(sent));
      if (left.length === 0) this.waiting.delete(text);
      else this.waiting.set(text, left);
    }
  }
}
