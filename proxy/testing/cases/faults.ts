import { expect, test } from 'vitest';
import type { ProxyMode } from '../../proxier.ts';
import { NODE_PORT, names, type Stage } from '../stage.ts';

/** What somebody may do to a proxier's work: a title, and a shell script. */
export type Damage = readonly [what: string, script: string];

/** What goes wrong, and what is changed as a whole while it runs. */
export function faultCases(stage: Stage, mode: ProxyMode, damages: readonly Damage[]): void {
  const { at, clusterIp } = stage;
  const other: ProxyMode = mode === 'nftables' ? 'userspace' : 'nftables';

  test.each(damages)('carries again soon after somebody %s', async (_, script) => {
    await stage.sync(stage.service());
    await stage.node.shell(script);
    const works = async (): Promise<unknown> =>
      names(await stage.pod(2).askOften({ ...clusterIp, timeout: 300 }, 8));
    await expect.poll(works, { timeout: 15_000 }).toEqual(new Set(['pod0', 'pod1']));
  });

  test('leaves nothing behind', async () => {
    const look = 'ip -br addr; ip route; ip -6 route; nft list ruleset; ss -ltnu | sort';
    await stage.node.call('stopProxier');
    const before = await stage.node.shell(look);
    await stage.node.call('startProxier', mode);
    const external = { nodePort: NODE_PORT, externalIps: [at.externalIp], affinitySeconds: 9 };
    await stage.sync(stage.service(external), stage.dns({ service: 'dns' }));
    expect(await stage.node.shell(look)).not.toBe(before);
    await stage.node.call('stopProxier');
    expect(await stage.node.shell(look)).toBe(before);
  });

  test.skipIf(!stage.abilities.outlivesProcess)(
    'fails no connection while the process restarts',
    async () => {
      await stage.sync(stage.service({ endpoints: [stage.local(0), stage.remote()] }));
      await stage.pod(2).call('startLoad', clusterIp, 4);
      for (let time = 0; time < 8; time++) await stage.node.call('restartProxier');
      const { answered, errors } = await stage.pod(2).call('stopLoad');
      expect(errors).toEqual([]);
      expect(answered).toBeGreaterThan(5);
    },
  );

  test.skipIf(!stage.abilities.outlivesProcess)('keeps clients where they are over a restart', async () => {
    const endpoints = [stage.local(0), stage.local(1), stage.remote()];
    await stage.sync(stage.service({ affinitySeconds: 60, endpoints }));
    const { name } = await stage.pod(2).ask(clusterIp);
    for (let time = 0; time < 4; time++) {
      await stage.node.call('restartProxier');
      expect(names(await stage.pod(2).askOften(clusterIp, 3))).toEqual(new Set([name]));
    }
  });

  test('fails no request while the mode is switched', { timeout: 60_000 }, async () => {
    await stage.sync(stage.service({ nodePort: NODE_PORT, endpoints: [stage.local(0), stage.remote()] }));
    const clients = [
      [stage.pod(2), clusterIp],
      [stage.outside, stage.nodePort],
    ] as const;
    for (const [client, question] of clients) await client.call('startLoad', question, 3);
    for (const next of [other, mode, other, mode]) await stage.node.call('setMode', next);
    for (const [client] of clients) {
      const { answered, errors } = await client.call('stopLoad');
      expect(errors).toEqual([]);
      expect(answered).toBeGreaterThan(5);
    }
  });

  test('sends a UDP client that goes on to whoever carries after a switch of the mode', async () => {
    const question = {
      protocol: 'udp',
      host: at.clusterIp,
      port: 53,
      fromPort: 41_010,
      timeout: 400,
    } as const;
    const finds = (name: string): Promise<void> =>
      expect.poll(async () => (await stage.pod(2).ask(question)).name, { timeout: 3000 }).toBe(name);
    await stage.sync(stage.dns());
    await finds('pod0');
    await stage.node.call('setMode', other);
    await stage.sync(stage.dns({ endpoints: [stage.local(1, 'udp')] }));
    await finds('pod1');
    await stage.node.call('setMode', mode);
    await stage.sync(stage.dns());
    await finds('pod0');
  });
}
