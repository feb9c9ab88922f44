/** Commands of a dashboard on a real run: who may, how they are confirmed, what the journal says of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogReader } from '../../src/audit/log-reader.ts';
import { recordText } from '../../src/audit/trading-text.ts';
import { isMarketType, OrderAction, RecordType } from '../../src/core/record.ts';
import { getSessionNs, type SessionBase } from '../../src/core/time.ts';
import { mayAsk } from '../../src/dashboard/commands.ts';
import { ClientFrame, type OrderRow, ServerFrame, type StatePayload } from '../../src/dashboard/protocol.ts';
import { TestClient } from '../support/dashboard-client.ts';
import { DashboardRig } from '../support/dashboard-rig.ts';
import { type DashboardSession, type SessionOptions, startSession } from '../support/dashboard-session.ts';

/** A market maker that knows its market, and quotes from the first book on. */
const READY = { strategies: [{ use: 'market-maker', params: { sigma: 0.1, kappa: 10 } }] };

/** The commands of a log, and what the engine made of the first kill: before the next market event, and from then on. */
function commandsOf(directory: string) {
  const reader = new LogReader(directory);
  const texts: string[] = [];
  let base: SessionBase | null = null;
  const behindKill = { newAccepted: 0, cancelsAtOnce: 0, cancelsLater: 0, cancelDelayNs: 0, lastNewNs: 0, killNs: 0 };
  let isKilled = false;
  let isAtOnce = false;
  try {
    while (reader.next()) {
      const { type, at, bytes, u32 } = reader;
      const action = bytes[at + 26];
      const word = (at + 16) >> 2;
      base ??= { hi: u32[word + 1], lo: u32[word] }; // ns since the first record from here on
      const nowNs = getSessionNs(u32, word, base);
      if (isMarketType(type)) isAtOnce = false;
      if (type === RecordType.Command) {
        texts.push(recordText(reader, RecordType.Command));
        if (!isKilled && texts.at(-1)?.includes('"kill"') === true) {
          isKilled = true;
          isAtOnce = true;
          behindKill.killNs = nowNs;
        }
      } else if (type === RecordType.RiskVerdict && u32[(at + 48) >> 2] === 0 && action === OrderAction.New) {
        behindKill.lastNewNs = nowNs;
        if (isKilled) behindKill.newAccepted++;
      } else if (isKilled && type === RecordType.OrderIntent && action === OrderAction.Cancel) {
        if (isAtOnce) {
          behindKill.cancelsAtOnce++;
          behindKill.cancelDelayNs += nowNs - behindKill.killNs;
        } else behindKill.cancelsLater++;
      }
    }
  } finally {
    reader.close();
  }
  return { texts, behindKill };
}

async function withSession(options: SessionOptions, run: (session: DashboardSession) => Promise<void>): Promise<void> {
  const session = await startSession(options);
  try {
    await run(session);
  } finally {
    await session.end();
  }
}

test('the kill switch stops orders, is journalled with who pressed it, shows at every client, and only admin releases it', async () => {
  await withSession({ speed: 10, config: READY }, async (session) => {
    const viewer = await TestClient.open(session.opened, { role: 'view' });
    const trader = await TestClient.open(session.opened, { role: 'trade' });
    const admin = await TestClient.open(session.opened, { role: 'admin' });
    try {
      const state = viewer.subscribe('state', { rate: 60 });
      const orders = viewer.subscribe('orders', { rate: 60 });
      const isOpen = (row: OrderRow): boolean => row[12] === 'New' || row[12] === 'PartiallyFilled';
      await viewer.until(() => (orders.rows as unknown as OrderRow[]).some(isOpen), 30_000);
      assert.equal(
        (await viewer.command({ do: 'kill', scope: 'engine' })).text,
        'the role view may not command anything',
      );
      assert.match((await trader.command({ do: 'resume', scope: 'engine' })).text, /may not ask for resume/);

      const startMs = performance.now();
      const killed = await trader.command({ do: 'kill', scope: 'engine' });
      const tookMs = performance.now() - startMs;
      assert.equal(killed.ok, true, killed.text);
      console.log(`asked, confirmed, journalled and answered in ${tookMs.toFixed(1)} ms`);
      await viewer.until(() => (state.value as StatePayload).killed.includes('engine'));
      await viewer.until(() => !(orders.rows as unknown as OrderRow[]).some(isOpen));

      assert.match(
        (await trader.command({ do: 'halt-strategy', strategy: 'nobody' })).text,
        /refused by the engine: there is no strategy nobody/,
      );
      const late = await TestClient.open(session.opened, { role: 'view' });
      const again = late.subscribe('state');
      await late.until(() => (again.value as StatePayload | null)?.killed.includes('engine') === true);
      await late.end();

      session.run.requestStop();
      await session.run.done;
      const { texts, behindKill } = commandsOf(session.logDirectory);
      assert.deepEqual(
        texts.map((text) => JSON.parse(text)),
        [
          { by: 'dashboard:trade@127.0.0.1', do: 'kill', scope: 'engine' },
          { by: 'dashboard:trade@127.0.0.1', do: 'halt-strategy', strategy: 'nobody' },
        ],
      );
      const { killNs, lastNewNs, newAccepted, cancelsAtOnce, cancelsLater, cancelDelayNs } = behindKill;
      assert.equal(newAccepted, 0);
      assert.ok(lastNewNs > 0 && lastNewNs <= killNs, `the last order at ${lastNewNs}, the kill at ${killNs}`);
      // In the engine's time a kill takes none: open orders are cancelled behind it, before the next market event.
      assert.ok(cancelsAtOnce > 0);
      assert.equal(cancelsLater, 0);
      assert.equal(cancelDelayNs, 0);
      assert.match(
        (await admin.command({ do: 'resume', scope: 'engine' })).text,
        /^the run has ended: the journal does not show it$/,
      );
    } finally {
      for (const client of [viewer, trader, admin]) await client.end();
    }
  });
});

test("a pinned run keeps its dashboard's thread off the engine's core and says where it is; else it says nothing", async () => {
  for (const pin of [true, false]) {
    const session = await startSession({ speed: 10, pin });
    try {
      session.run.requestStop();
      const { pinning } = await session.run.done;
      const [engine, dashboard] = ['engine', 'dashboard'].map((role) =>
        pinning.find((line) => line.startsWith(`${role}: `))?.slice(role.length + 2),
      );
      if (!pin) {
        assert.deepEqual(pinning, []);
      } else if (engine?.startsWith('core ') === true) {
        assert.match(dashboard ?? '', /^cores? \d/);
        assert.notEqual(dashboard, engine);
        assert.doesNotMatch(dashboard ?? '', new RegExp(`\\b${engine.slice(5)}$`), "the last core is the engine's");
      } else {
        assert.match(dashboard ?? '', /^not pinned/);
      }
    } finally {
      await session.end();
    }
  }
});

test('a command needs its words, in time, once; nobody can confirm what another one asked for', async () => {
  const clock = { shiftMs: 0 };
  const rig = await DashboardRig.start({}, clock);
  const one = await TestClient.open(rig.opened, { role: 'trade' });
  const other = await TestClient.open(rig.opened, { role: 'admin' });
  const ask = async (client: TestClient): Promise<readonly unknown[]> => {
    const from = client.frames.length;
    client.send([ClientFrame.Ask, 4, { do: 'kill', scope: 'strategy', name: 'mm' }]);
    return client.frame(ServerFrame.Challenge, from);
  };
  const confirm = async (client: TestClient, nonce: unknown, words: unknown): Promise<string> => {
    const from = client.frames.length;
    client.send([ClientFrame.Confirm, nonce, words]);
    return String((await client.frame(ServerFrame.Result, from))[3]);
  };
  try {
    const [, ref, nonce, words] = await ask(one);
    assert.equal(ref, 4);
    assert.equal(words, 'KILL strategy mm');
    assert.match(await confirm(other, nonce, words), /no such command/);
    assert.match(await confirm(one, nonce, 'KILL'), /not the words/);
    assert.match(await confirm(one, nonce, words), /no such command/);
    const late = await ask(one);
    clock.shiftMs += 10_500;
    assert.match(await confirm(one, late[2], late[3]), /too late/);
    const good = await ask(one);
    one.send([ClientFrame.Confirm, good[2], good[3]]);
    await one.until(() => rig.commands.length === 1);
    assert.deepEqual(rig.commands, [{ do: 'kill', scope: 'strategy', name: 'mm', by: 'dashboard:trade@127.0.0.1' }]);
    for (const wrong of [
      null,
      5,
      {},
      { do: 'kill' },
      { do: 'kill', scope: 'engine', at: 1 },
      { do: 'set-parameters', strategy: 'a', params: { a: 'x'.repeat(300) } },
    ]) {
      const from = other.frames.length;
      clock.shiftMs += 1_000;
      other.send([ClientFrame.Ask, 1, wrong]);
      assert.equal((await other.frame(ServerFrame.Result, from))[2], false, JSON.stringify(wrong));
    }
  } finally {
    await one.end();
    await other.end();
    await rig.close();
  }
});

test('a flood of commands is refused after a few, and none of it reaches the engine', async () => {
  const rig = await DashboardRig.start();
  const client = await TestClient.open(rig.opened, { role: 'admin' });
  try {
    for (let i = 0; i < 150; i++) client.send([ClientFrame.Ask, 1, { do: 'cancel-all' }]);
    await client.until(() => client.frames.length === 150);
    assert.equal(client.frames.filter(([type]) => type === ServerFrame.Challenge).length, 4);
    assert.ok(client.frames.some((frame) => /too many commands/.test(String(frame[3]))));
    assert.equal(rig.commands.length, 0);
  } finally {
    await client.end();
    await rig.close();
  }
});

test('trade may kill, halt and cancel; the rest is for admin; view may nothing', () => {
  const by = 'x';
  assert.equal(mayAsk('view', { do: 'cancel-all', by }), false);
  for (const role of ['trade', 'admin'] as const) {
    assert.equal(mayAsk(role, { do: 'cancel-all', by }), true);
    assert.equal(mayAsk(role, { do: 'kill', scope: 'engine', by }), true);
    assert.equal(mayAsk(role, { do: 'halt-strategy', strategy: 'a', by }), true);
    assert.equal(mayAsk(role, { do: 'resume', scope: 'engine', by }), role === 'admin');
    assert.equal(mayAsk(role, { do: 'set-limit', limit: 'a', value: 1, by }), role === 'admin');
    assert.equal(mayAsk(role, { do: 'set-parameters', strategy: 'a', params: {}, by }), role === 'admin');
    assert.equal(mayAsk(role, { do: 'trading-state', state: 'halted', scope: 'engine', by }), role === 'admin');
  }
});
