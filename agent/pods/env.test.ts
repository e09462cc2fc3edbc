import { describe, expect, test } from 'vitest';
import type { EnvFromSource, EnvVar } from '#api/gen/types.ts';
import { makeEnv } from './env.ts';
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
  };
  const made = await makeEnv(web, web.spec!.containers[0]!, facts, objects);
  return Object.fromEntries([...made].filter(([name]) => !name.startsWith('KUBERNETES_')));
}

describe('the environment of a container', () => {
  test('tells clients inside where the API server is', async () => {
    const web = pod('web');
    const facts = { podIps: [], hostIps: [], apiServerIp: '10.96.0.1', allocatable: {} };
    const made = await makeEnv(web, web.spec!.containers[0]!, facts, objects);
    expect(made.get('KUBERNETES_SERVICE_HOST')).toBe('10.96.0.1');
    expect(made.get('KUBERNETES_PORT_443_TCP')).toBe('tcp://10.96.0.1:443');
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
