import { expect, test } from 'vitest';
import { NODE_PORT, names, type Stage } from '../stage.ts';

/** What comes, changes and goes. */
export function changeCases(stage: Stage): void {
  const { at, clusterIp, nodePort } = stage;

  test.each(['tcp', 'udp'] as const)('refuses %s at once where there are no endpoints', async (protocol) => {
    await stage.sync(
      stage.service({
        protocol: protocol === 'tcp' ? 'TCP' : 'UDP',
        endpoints: [],
        nodePort: NODE_PORT,
        externalIps: [at.externalIp],
      }),
    );
    const asked = [
      await stage.pod(0).ask({ ...clusterIp, protocol }),
      await stage.node.ask({ ...clusterIp, protocol }),
      await stage.outside.ask({ ...nodePort, protocol }),
      await stage.outside.ask({ ...stage.external, protocol }),
      await stage.pod(0).ask({ ...stage.external, protocol }),
    ];
    for (const { error, milliseconds } of asked) {
      expect(error).toBe('ECONNREFUSED');
      expect(milliseconds).toBeLessThan(900);
    }
  });

  test('follows endpoints as they come and go', async () => {
    const only = (index: number): Promise<void> =>
      stage.sync(stage.service({ endpoints: [stage.local(index)] }));
    await only(0);
    expect((await stage.pod(2).ask(clusterIp)).name).toBe('pod0');
    await only(1);
    expect(names(await stage.pod(2).askOften(clusterIp, 8))).toEqual(new Set(['pod1']));
    await stage.sync(stage.service({ endpoints: [] }));
    expect((await stage.pod(2).ask(clusterIp)).error).toBe('ECONNREFUSED');
    await only(0);
    expect((await stage.pod(2).ask(clusterIp)).name).toBe('pod0');
  });

  test('carries several Services, and hands an address to the next that has it', async () => {
    const other = { service: 'other', clusterIp: at.otherClusterIp, endpoints: [stage.local(1)] };
    await stage.sync(
      stage.service({ endpoints: [stage.local(0)], nodePort: NODE_PORT }),
      stage.service(other),
    );
    expect((await stage.pod(2).ask({ ...clusterIp, host: at.otherClusterIp })).name).toBe('pod1');
    await stage.sync(stage.service({ ...other, clusterIp: at.clusterIp, nodePort: NODE_PORT }));
    expect((await stage.pod(2).ask(clusterIp)).name).toBe('pod1');
    expect((await stage.outside.ask(nodePort)).name).toBe('pod1');
  });

  test('fails no connection while endpoints are replaced', async () => {
    const pairs = [
      [stage.local(0), stage.local(1)],
      [stage.local(1), stage.remote()],
      [stage.remote(), stage.local(0)],
    ];
    await stage.sync(stage.service());
    await stage.pod(2).call('startLoad', clusterIp, 4);
    for (let time = 0; time < 20; time++) await stage.sync(stage.service({ endpoints: pairs[time % 3]! }));
    const { answered, errors } = await stage.pod(2).call('stopLoad');
    expect(errors).toEqual([]);
    expect(answered).toBeGreaterThan(5);
  });
}
