/** Commands of a dashboard on a real run: who may, how they are confirmed, what the journal says of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogReader } from '../../src/audit/log-reader.ts';
import { recordText } from '../../src/audit/trading-text.ts';
import { RecordType } from '../../src/core/record.ts';
import { mayAsk } from '../../src/dashboard/commands.ts';
import { ClientFrame, type OrderRow, ServerFrame, type StatePayload } from '../../src/dashboard/protocol.ts';
import { TestClient } from '../support/dashboard-client.ts';
import { DashboardRig } from '../support/dashboard-rig.ts';
import { type DashboardSession, startSession } from '../support/dashboard-session.ts';

/** The commands of a log, and how many orders were accepted before and behind the first kill. */
function commandsOf(directory: string): { texts: string[]; acceptedBehindKill: number } {
  const reader = new LogReader(directory);
  const texts: string[] = [];
  let acceptedBehindKill = 0;
  let isKilled = false;
  try {
    while (reader.next()) {
      if (reader.type === RecordType.Command) {
        texts.push(recordText(reader, RecordType.Command));
        isKilled ||= texts.at(-1)?.includes('"kill"') === true;
      } else if (isKilled && reader.type === RecordType.RiskVerdict) {
        const isNew = reader.bytes[reader.at + 26] === 1;
        if (isNew && reader.u32[(reader.at + 48) >> 2] === 0) acceptedBehindKill++;
      }
    }
  } finally {
    reader.close();
  }
  return { texts, acceptedBehindKill };
}

async function withSession(speed: number, run: (session: DashboardSession) => Promise<void>): Promise<void> {
  const session = await startSession({ speed });
  try {
    await run(session);
  } finally {
    await session.end();
  }
}

test('the kill switch stops orders, is journalled with who pressed it, shows at every client, and only admin releases it', async () => {
  await withSession(10, async (session) => {
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
      const { texts, acceptedBehindKill } = commandsOf(session.logDirectory);
      assert.deepEqual(
        texts.map((text) => JSON.parse(text)),
        [
          { by: 'dashboard:trade@127.0.0.1', do: 'kill', scope: 'engine' },
          { by: 'dashboard:trade@127.0.0.1', do: 'halt-strategy', strategy: 'nobody' },
        ],
      );
      assert.equal(acceptedBehindKill, 0);
      assert.match((await admin.command({ do: 'resume', scope: 'engine' })).text, /the journal does not show it yet/);
    } finally {
      for (const client of [viewer, trader, admin]) await client.end();
    }
  });
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
