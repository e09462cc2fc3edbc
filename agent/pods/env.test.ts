import { describe, expect, test } from 'vitest';
import type { EnvFromSource, EnvVar } from '#api/gen/types.ts';
import { makeEnv } from './env.ts';
import type { PodService, ServicesOf } from './service-env.ts';
import { FakeControlPlane, pod } from './testing.ts';

const objects = new FakeControlPlane();
objects.configMaps.set('cm', { metadata: { name: 'cm' }, data: { a: 'A', b: 'B' } });
objects.secrets.set('s', { metadata: { name: 's' }, data: { p: Buffer.from('word').toString('base64') } });

async function env(variables: EnvVar[], envFrom: EnvFromSource[] = []): Promise<Record<string, string>> {
  const web = pod('web', {}, { env: variables, envFrom });
  const facts = {
    podIps: ['10.244.1.2'],
    hostIps: ['172.20.0.3'],
    apiServerIp: '10.96.0.1',
    allocatable: {},
    services: () => [],
  };
  const made = await makeEnv(web, web.spec!.containers[0]!, facts, objects);
  return Object.fromEntries([...made].filter(([name]) => !name.startsWith('KUBERNETES_')));
}

const withServices = async (spec: Parameters<typeof pod>[1], services: ServicesOf) => {
  const one = pod('web', spec, { env: [{ name: 'URL', value: '$(WEB_SERVICE_HOST)' }] });
  const facts = { podIps: [], hostIps: [], apiServerIp: '10.96.0.1', allocatable: {}, services };
  const made = await makeEnv(one, one.spec!.containers[0]!, facts, objects);
  return Object.fromEntries([...made].filter(([name]) => !name.startsWith('KUBERNETES_')));
};

describe('the environment of a container', () => {
  test('tells clients inside where the API server is', async () => {
    const web = pod('web');
    const facts = { podIps: [], hostIps: [], apiServerIp: '10.96.0.1', allocatable: {}, services: () => [] };
    const made = await makeEnv(web, web.spec!.containers[0]!, facts, objects);
    expect(made.get('KUBERNETES_SERVICE_HOST')).toBe('10.96.0.1');
    expect(made.get('KUBERNETES_PORT_443_TCP')).toBe('tcp://10.96.0.1:443');
  });

  describe('with Services in the namespace', () => {
    const web = { name: '', protocol: 'TCP', port: 80 };
    const found: PodService[] = [
      { name: 'web', clusterIps: ['10.96.0.7'], ports: [web] },
      {
        name: 'my-dns',
        clusterIps: ['fd00:10:96::7', '10.96.0.8'],
        ports: [
          { name: 'dns-tcp', protocol: 'TCP', port: 53 },
          { name: 'dns', protocol: 'UDP', port: 53 },
        ],
      },
      { name: 'headless', clusterIps: [], ports: [web] },
    ];
    test('tells where those are that have an address', async () => {
      expect(await withServices({}, (namespace) => (namespace === 'default' ? found : []))).toEqual({
        WEB_SERVICE_HOST: '10.96.0.7',
        WEB_SERVICE_PORT: '80',
        WEB_PORT: 'tcp://10.96.0.7:80',
        WEB_PORT_80_TCP: 'tcp://10.96.0.7:80',
        WEB_PORT_80_TCP_PROTO: 'tcp',
        WEB_PORT_80_TCP_PORT: '80',
        WEB_PORT_80_TCP_ADDR: '10.96.0.7',
        MY_DNS_SERVICE_HOST: 'fd00:10:96::7',
        MY_DNS_SERVICE_PORT: '53',
        MY_DNS_SERVICE_PORT_DNS_TCP: '53',
        MY_DNS_SERVICE_PORT_DNS: '53',
        MY_DNS_PORT: 'tcp://[fd00:10:96::7]:53',
        MY_DNS_PORT_53_TCP: 'tcp://[fd00:10:96::7]:53',
        MY_DNS_PORT_53_TCP_PROTO: 'tcp',
        MY_DNS_PORT_53_TCP_PORT: '53',
        MY_DNS_PORT_53_TCP_ADDR: 'fd00:10:96::7',
        MY_DNS_PORT_53_UDP: 'udp://[fd00:10:96::7]:53',
        MY_DNS_PORT_53_UDP_PROTO: 'udp',
        MY_DNS_PORT_53_UDP_PORT: '53',
        MY_DNS_PORT_53_UDP_ADDR: 'fd00:10:96::7',
        URL: '10.96.0.7',
      });
    });

    test('is silent of them where enableServiceLinks is false', async () => {
      expect(await withServices({ enableServiceLinks: false }, () => undefined)).toEqual({
        URL: '$(WEB_SERVICE_HOST)',
      });
    });

    test('is not made before the node knows of Services', async () => {
      await expect(withServices({}, () => undefined)).rejects.toThrow(
        'services have not yet been read at least once, cannot construct envvars',
      );
    });
  });

  test('takes values, fields, resources and keys', async () => {
    const made = await env([
      { name: 'V', value: 'v' },
      { name: 'W', value: '$(V)-$(A)-$(X)' },
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'requests.cpu' } } },
      { name: 'K', valueFrom: { configMapKeyRef: { name: 'cm', key: 'b' } } },
      { name: 'P', valueFrom: { secretKeyRef: { name: 's', key: 'p' } } },
      { name: 'O', valueFrom: { secretKeyRef: { name: 'none', key: 'p', optional: true } } },
    ]);
    expect(made).toEqual({ V: 'v', W: 'v-$(A)-$(X)', IP: '10.244.1.2', CPU: '0', K: 'B', P: 'word' });
  });

  test('takes whole objects first, so that env wins', async () => {
    const from = [
      { prefix: 'C_', configMapRef: { name: 'cm' } },
      { secretRef: { name: 's' } },
      { configMapRef: { name: 'none', optional: true } },
    ];
    expect(await env([{ name: 'C_a', value: 'mine $(C_b)' }], from)).toEqual({
      C_a: 'mine B',
      C_b: 'B',
      p: 'word',
    });
  });

  test.each<[EnvVar['valueFrom'], string]>([
    [{ configMapKeyRef: { name: 'none', key: 'a' } }, 'configmap "none" not found'],
    [{ secretKeyRef: { name: 'none', key: 'a' } }, 'secret "none" not found'],
    [{ configMapKeyRef: { name: 'cm', key: 'z' } }, "couldn't find key z in ConfigMap default/cm"],
    [{ secretKeyRef: { name: 's', key: 'z' } }, "couldn't find key z in Secret default/s"],
  ])('%j is refused', async (valueFrom, message) => {
    await expect(env([{ name: 'X', valueFrom: valueFrom! }])).rejects.toThrow(message);
  });
});
