import { describe, expect, test } from 'vitest';
import { atOnce } from '../lab.ts';
import { NODE_PORT, type Stage } from '../stage.ts';

const anybody = { name: expect.any(String) as string };

export function sourceRangesCases(stage: Stage): void {
  const { at, nodePort, external, loadBalancer } = stage;
  const hasty = { ...loadBalancer, timeout: 300 };
  const onlyFor = (...sourceRanges: string[]): Parameters<Stage['service']>[0] => ({
    nodePort: NODE_PORT,
    externalIps: [at.externalIp],
    loadBalancerIps: [at.loadBalancerIp],
    sourceRanges,
  });
  const whole = (ip: string): string => `${ip}/${at.hostBits}`;

  describe('loadBalancerSourceRanges', () => {
    test('let a LoadBalancer’s address be used by those alone', async () => {
      await stage.sync(stage.service(onlyFor(whole(at.outsideIp), whole(at.podIp(1)))));
      expect(await stage.outside.ask(loadBalancer)).toMatchObject(anybody);
      expect(await stage.pod(1).ask(loadBalancer)).toMatchObject(anybody);
      expect(await stage.outside.ask({ ...hasty, from: at.strangerIp })).toMatchObject(stage.dropped);
      expect(await stage.pod(2).ask(hasty)).toMatchObject(stage.dropped);
    });

    test('may overlap', async () => {
      const wide = `${at.outsideIp}/${at.nodeNetworkBits}`;
      await stage.sync(stage.service(onlyFor(whole(at.outsideIp), wide, wide)));
      expect(await stage.outside.ask({ ...loadBalancer, from: at.strangerIp })).toMatchObject(anybody);
    });

    test('say nothing of the Service’s other addresses', async () => {
      await stage.sync(stage.service(onlyFor(whole(at.podIp(1)))));
      for (const question of [nodePort, external])
        expect(await stage.outside.ask(question)).toMatchObject(anybody);
      expect(await stage.pod(2).ask(stage.clusterIp)).toMatchObject(anybody);
    });

    test('come before the refusal of a Service without endpoints', async () => {
      await stage.sync(stage.service({ ...onlyFor(whole(at.outsideIp)), endpoints: [] }));
      expect((await stage.outside.ask(loadBalancer)).error).toBe('ECONNREFUSED');
      expect(await stage.outside.ask({ ...hasty, from: at.strangerIp })).toMatchObject(stage.dropped);
    });

    test('let a node in that they name, also when it holds the address itself', async () => {
      await stage.node.shell(`ip addr add ${whole(at.loadBalancerIp)} dev lo${atOnce(at.family)}`);
      try {
        await stage.sync(stage.service(onlyFor(whole(at.nodeIp))));
        expect(await stage.node.ask(loadBalancer)).toMatchObject(anybody);
        expect(await stage.outside.ask(hasty)).toMatchObject(stage.dropped);
        await stage.sync(stage.service(onlyFor(whole(at.outsideIp))));
        expect(await stage.node.ask(hasty)).toMatchObject(stage.dropped);
        expect(await stage.outside.ask(loadBalancer)).toMatchObject(anybody);
      } finally {
        await stage.node.shell(`ip addr del ${whole(at.loadBalancerIp)} dev lo`);
      }
    });

    test('follow changes', async () => {
      await stage.sync(stage.service(onlyFor(whole(at.outsideIp))));
      await stage.sync(stage.service(onlyFor(whole(at.strangerIp))));
      expect(await stage.outside.ask(hasty)).toMatchObject(stage.dropped);
      await stage.sync(stage.service(onlyFor()));
      expect(await stage.outside.ask(loadBalancer)).toMatchObject(anybody);
    });
  });
}
