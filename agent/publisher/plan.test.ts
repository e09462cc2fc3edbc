import { describe, expect, test } from 'vitest';
import { forwardTables } from './nft-forward.ts';
import { planPublishing, type HostPort, type HostService, type PublisherContainer } from './plan.ts';
import { portRefusal } from './port-refusal.ts';

const port = (number: number, protocol: 'tcp' | 'udp' = 'tcp'): HostPort => ({
  protocol,
  port: number,
  targets: [{ ip: '172.18.0.3', port: number }],
});
const service = (name: string, ...ports: HostPort[]): HostService => ({ namespace: 'default', name, ports });
const container = (name: string, ports: string[], running = true): PublisherContainer => ({
  id: `${name}-${ports.join()}`,
  service: `default/${name}`,
  ports,
  families: ['IPv4'],
  running,
});

const plan = (
  containers: PublisherContainer[],
  wanted: HostService[],
  options: { leads?: (one: string) => boolean; before?: string } = {},
) => {
  const { remove, aim, start, refused } = planPublishing(
    containers,
    wanted,
    options.leads ?? (() => true),
    () => options.before,
  );
  return {
    remove: remove.map(({ id }) => id),
    aim: aim.map(({ id }) => id),
    start: start.map((one) => `${one.service.name} ${one.ports.map(({ port: number }) => number).join()}`),
    refused: refused.map((one) => `${one.service.name} ${one.port.port} ${one.why}`),
  };
};

describe('a Service on the host', () => {
  test('gets one container for all of its ports', () => {
    expect(plan([], [service('web', port(30080), port(80))]).start).toEqual(['web 30080,80']);
  });

  test('that is published already is left as it is, and aimed', () => {
    const web = container('web', ['tcp/30080', 'tcp/80']);
    expect(plan([web], [service('web', port(30080), port(80))])).toEqual({
      remove: [],
      aim: [web.id],
      start: [],
      refused: [],
    });
  });

  test('gets a second container for a port that comes later', () => {
    const web = container('web', ['tcp/30080']);
    expect(plan([web], [service('web', port(30080), port(80))])).toMatchObject({
      remove: [],
      start: ['web 80'],
    });
  });

  test('gets a new container when one of its ports goes', () => {
    const web = container('web', ['tcp/30080', 'tcp/80']);
    expect(plan([web], [service('web', port(30080))])).toMatchObject({
      remove: [web.id],
      start: ['web 30080'],
    });
  });

  test('that is gone leaves nothing, and what does not run is replaced', () => {
    const gone = container('gone', ['tcp/30081']);
    const dead = container('web', ['tcp/30080'], false);
    expect(plan([gone, dead], [service('web', port(30080))])).toMatchObject({
      remove: [gone.id, dead.id],
      start: ['web 30080'],
    });
  });

  test('keeps a port that another one wants too, which hears who has it', () => {
    const web = container('web', ['tcp/80']);
    const wanted = [service('api', port(30090), port(80)), service('web', port(80))];
    expect(plan([web], wanted)).toMatchObject({
      remove: [],
      start: ['api 30090'],
      refused: ['api 80 the Service default/web has it'],
    });
  });

  test('may have the number of a TCP port for UDP', () => {
    expect(
      plan([container('a', ['tcp/53'])], [service('a', port(53)), service('b', port(53, 'udp'))]).start,
    ).toEqual(['b 53']);
  });

  test('is not tried again at once when the host has refused it', () => {
    expect(plan([], [service('web', port(80))], { before: 'in use' })).toMatchObject({
      start: [],
      refused: ['web 80 in use'],
    });
  });

  test('is refused when very many are there already', () => {
    const many = Array.from({ length: 110 }, (_, n) => service(`web${n}`, port(30_000 + n)));
    const { start, refused } = plan([], many);
    expect([start.length, refused.length]).toEqual([100, 10]);
    expect(refused[0]).toBe('web100 30100 100 Services are there already');
  });

  test('that another node looks after is left alone', () => {
    const nothing = { remove: [], aim: [], start: [], refused: [] };
    const containers = [container('web', ['tcp/30080']), container('gone', ['tcp/1'])];
    expect(plan(containers, [service('web', port(30080))], { leads: () => false })).toEqual(nothing);
  });
});

describe("the engine's refusal", () => {
  const asked = [port(80), port(30080), port(53), port(53, 'udp')];
  const start = 'driver failed programming external connectivity on endpoint x: ';

  test.each([
    [
      `${start}Bind for 127.0.0.1:80 failed: port is already allocated`,
      80,
      'port is already allocated',
      false,
    ],
    [
      `${start}Error starting userland proxy: listen tcp4 127.0.0.1:80: bind: address already in use`,
      80,
      'address already in use',
      false,
    ],
    [
      `${start}Error starting userland proxy: listen udp4 127.0.0.1:53: bind: permission denied`,
      53,
      'bind: permission denied',
      false,
    ],
    [
      `${start}Error starting userland proxy: listen tcp6 [::1]:30080: bind: cannot assign requested address`,
      30080,
      'cannot assign requested address',
      true,
    ],
  ])('names the port: %s', (message, number, why, ipv6) => {
    expect(portRefusal(message, asked)).toMatchObject({ why, ipv6, port: { port: number } });
  });

  test('of a number that two protocols want is of neither yet', () => {
    const refusal = portRefusal(`${start}Bind for 127.0.0.1:53 failed: port is already allocated`, asked);
    expect(refusal).toMatchObject({ port: undefined });
  });

  test('is no refusal of a port when something else failed', () => {
    expect(portRefusal('no such image: podlab:0.1.0', asked)).toBeUndefined();
  });
});

test('ports are forwarded in the family of their targets', () => {
  const both: HostPort = {
    protocol: 'udp',
    port: 53,
    targets: [
      { ip: '172.18.0.3', port: 30053 },
      { ip: 'fd00::3', port: 30053 },
    ],
  };
  const text = forwardTables([both, port(80)]);
  expect(text).toContain('udp dport 53 dnat to 172.18.0.3:30053;');
  expect(text).toContain('udp dport 53 dnat to [fd00::3]:30053;');
  expect(text).toContain('tcp dport 80 dnat to 172.18.0.3:80;');
  expect(text.match(/dport/g)).toHaveLength(3);
});
