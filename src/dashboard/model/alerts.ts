/** What somebody should look at, newest last. The same words again within a second are counted, not repeated. */
import type { AlertRow } from '../protocol.ts';
import { History, type SavedHistory } from './history.ts';

const KEPT = 1000;
/** Of the session's time. */
const SAME_NS = 1e9;
/** Different words that are remembered for that. */
const MAX_RECENT = 256;

interface Recent {
  untilNs: number;
  repeats: number;
}

export type Severity = AlertRow[2];

export class Alerts {
  readonly history = new History<AlertRow>(KEPT);
  private readonly recent = new Map<string, Recent>();

  add(seq: number, tsNs: number, severity: Severity, kind: string, text: string): void {
    const key = `${kind} ${text}`;
    const before = this.recent.get(key);
    if (before !== undefined && tsNs < before.untilNs) {
      before.repeats++;
      return;
    }
    const repeats = before?.repeats ?? 0;
    this.recent.delete(key);
    this.recent.set(key, { untilNs: tsNs + SAME_NS, repeats: 0 });
    if (this.recent.size > MAX_RECENT) {
      for (const [oldest] of this.recent) {
        this.recent.delete(oldest);
        break;
      }
    }
    const again = repeats === 0 ? '' : ` (and ${repeats} more like it before)`;
    this.history.push([seq, tsNs, severity, kind, `${text}${again}`]);
  }

  save(): SavedHistory<AlertRow> {
    return this.history.save();
  }

  load(saved: SavedHistory<AlertRow>): void {
    this.history.load(saved);
    this.recent.clear();
  }
}
