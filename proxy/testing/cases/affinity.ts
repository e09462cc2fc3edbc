import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { NODE_PORT, names, type Stage } from '../stage.ts';

export function affinityCases(stage: Stage): void {
  const { at, clusterIp, nodePort } = stage;
  const three = [stage.local(0), stage.local(1), stage.remote()];

  test('keeps a client at one endpoint when asked for ClientIP affinity', async () => {
    await stage.sync(stage.service({ affinitySeconds: 60, nodePort: NODE_PORT, endpoints: three }));
    for (const client of [stage.pod(2), stage.node])
      expect(names(await client.askOften(clusterIp, 12)).size).toBe(1);
    expect(names(await stage.outside.askOften(nodePort, 12)).size).toBe(1);
  });

  test('keeps a UDP client at one endpoint', async () => {
    const endpoints = [stage.local(0, 'udp'), stage.local(1, 'udp'), stage.remote('udp')];
    await stage.sync(stage.dns({ affinitySeconds: 60, endpoints }));
    const question = { protocol: 'udp', host: at.clusterIp, port: 53 } as const;
    expect(names(await stage.pod(2).askOften(question, 12)).size).toBe(1);
  });

  test('lets other clients have other endpoints', async () => {
    await stage.sync(stage.service({ affinitySeconds: 60, endpoints: three }));
    // One in 3^7 times they all have the same.
    const clients = [stage.pod(0), stage.pod(1), stage.pod(2), stage.node, stage.outside];
    const strangers = { ...clusterIp, from: at.strangerIp };
    const answers = await Promise.all(clients.map((client) => client.ask(clusterIp)));
    expect(names([...answers, await stage.outside.ask(strangers)]).size).toBeGreaterThan(1);
  });

  test('finds a client another endpoint when the one that it had is gone', async () => {
    await stage.sync(stage.service({ affinitySeconds: 60 }));
    const had = (await stage.pod(2).ask(clusterIp)).name;
    const left = had === 'pod0' ? stage.local(1) : stage.local(0);
    await stage.sync(stage.service({ affinitySeconds: 60, endpoints: [left] }));
    expect((await stage.pod(2).ask(clusterIp)).name).toBe(had === 'pod0' ? 'pod1' : 'pod0');
  });

  test('keeps a client where it is while other endpoints and other Services change', async () => {
    const sticky = { affinitySeconds: 60 };
    await stage.sync(stage.service({ ...sticky, endpoints: three }));
    const { name } = await stage.pod(2).ask(clusterIp);
    const own = three[['pod0', 'pod1', 'remote'].indexOf(name!)]!;
    const other = stage.service({ service: 'other', clusterIp: at.otherClusterIp });
    for (const endpoints of [[own], three, three.filter((one) => one !== three[0] || one === own)]) {
      await stage.sync(stage.service({ ...sticky, endpoints }), other);
      expect(names(await stage.pod(2).askOften(clusterIp, 6))).toEqual(new Set([name]));
    }
  });

  test(
    'forgets a client that stayed away, and begins anew whenever it comes',
    { timeout: 60_000 },
    async () => {
      const clients = [stage.pod(2), stage.node];
      const ask = async () =>
        (await Promise.all(clients.map((client) => client.ask(clusterIp)))).map(({ name }) => name);
      await stage.sync(stage.service({ affinitySeconds: 3, endpoints: three }));
      const had = await ask();
      // Longer in sum than a client is remembered; each so much shorter that a busy machine does not make it too long.
      for (let time = 0; time < 3; time++) {
        await sleep(1200);
        expect(await ask()).toEqual(had);
      }
      let got = had;
      // One in nine times both have what they had by chance. (Three who take turns at three endpoints would always.)
      for (let time = 0; time < 12 && got.join() === had.join(); time++) {
        await sleep(3600);
        got = await ask();
      }
      expect(got).not.toEqual(had);
    },
  );
}
