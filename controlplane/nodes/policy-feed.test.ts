import { beforeEach, describe, expect, test } from 'vitest';
import type { PolicyObject } from '#api/network-policy.ts';
import type { Kinds } from '#api/resources.ts';
import { FakeClient } from '../fake-client.ts';
import { watchPolicyFeed, type PolicyFeed, type PolicyListener } from './policy-feed.ts';

let client: FakeClient;
let feed: PolicyFeed;

beforeEach(async () => {
  client = new FakeClient();
  feed = watchPolicyFeed(client);
  await client.create('namespaces', { metadata: { name: 'default', labels: { team: 'a' } } });
});

/** What a node hears, as short texts. */
class Ear implements PolicyListener {
  readonly heard: string[] = [];
  readonly objects: PolicyObject[] = [];
  readonly buffers: Buffer[] = [];

  upserted(bytes: Buffer): void {
    const object = JSON.parse(bytes.toString()) as PolicyObject;
    this.buffers.push(bytes);
    this.objects.push(object);
    this.heard.push(`${object.kind} ${object.name}`);
  }

  deleted({ kind, name }: { kind: string; name: string }): void {
    this.heard.push(`${kind} ${name} gone`);
  }

  cleared(): void {
    this.heard.push('cleared');
  }

  reached(revision: number): void {
    this.heard.push(`reached ${revision}`);
  }
}

function listen(nodeName: string): Ear & { revision: number; stop(): void } {
  const ear = new Ear();
  return Object.assign(ear, feed.subscribe(nodeName, ear));
}

const policy = { metadata: { namespace: 'default', name: 'deny' }, spec: { podSelector: {} } };

const makePod = (name: string, spec: object = {}, status: object = {}): Promise<Kinds['pods']> =>
  client.seed('pods', {
    metadata: { namespace: 'default', name, labels: { app: name }, annotations: { long: 'text' } },
    spec: { nodeName: 'node1', containers: [], ...spec },
    status: { phase: 'Running', podIPs: [{ ip: '10.244.1.2' }, { ip: 'fd00::2' }], ...status },
  });

describe('the feed of NetworkPolicies', () => {
  test('says nothing of a cluster without policies but how far a node has heard', async () => {
    const [node1, node2] = [listen('node1'), listen('node2')];
    const { metadata } = await makePod('web');
    expect(node1.heard.at(-1)).toBe(`reached ${metadata.resourceVersion}`);
    expect(node1.objects).toEqual([]);
    expect(node2.heard).toEqual([]);
    expect(feed.size).toBe(0);
    expect(listen('node1').revision).toBe(Number(metadata.resourceVersion));
  });

  test('names all that a first policy may mean before the policy, once for all nodes, and later nodes the same', async () => {
    await makePod('web');
    const [node1, node2] = [listen('node1'), listen('node2')];
    await client.create('networkpolicies', policy);
    const all = ['Namespace default', 'Pod web', 'NetworkPolicy deny'];
    expect(node1.heard).toEqual(all);
    expect(listen('node3').heard).toEqual(all);
    for (const [index, buffer] of node1.buffers.entries()) expect(node2.buffers[index]).toBe(buffer);
  });

  test('trims a Pod to what rules are made of', async () => {
    const ports = [{ name: 'http', containerPort: 80 }, { containerPort: 81 }];
    const sidecar = {
      name: 's',
      restartPolicy: 'Always',
      ports: [{ name: 'admin', containerPort: 9, protocol: 'UDP' }],
    };
    const init = { name: 'i', ports: [{ name: 'none', containerPort: 7 }] };
    const node = listen('node2');
    await client.create('networkpolicies', policy);
    const { metadata } = await makePod('web', {
      containers: [{ name: 'c', ports }],
      initContainers: [sidecar, init],
    });
    expect(node.objects.at(-1)).toEqual({
      kind: 'Pod',
      namespace: 'default',
      name: 'web',
      uid: metadata.uid,
      nodeName: 'node1',
      labels: { app: 'web' },
      ips: ['10.244.1.2', 'fd00::2'],
      ports: [
        { name: 'http', protocol: 'TCP', port: 80 },
        { name: 'admin', protocol: 'UDP', port: 9 },
      ],
    });
  });

  test('leaves out Pods without an address of their own and those that have ended, and changes that make no difference', async () => {
    const node = listen('node2');
    await client.create('networkpolicies', policy);
    const web = await makePod('web');
    await makePod('waiting', {}, { podIPs: [] });
    await makePod('host', { hostNetwork: true });
    await makePod('ended', {}, { phase: 'Succeeded' });
    await client.updateStatus('pods', { ...web, status: { ...web.status, message: 'busy' } });
    const before = client.get('pods', 'default', 'web')!;
    await client.updateStatus('pods', { ...before, status: { ...before.status, phase: 'Failed' } });
    expect(node.heard.slice(2)).toEqual(['Pod web', 'Pod web gone']);
  });

  test('tells a node of a policy before it tells how far it has heard with a later Pod', async () => {
    const node = listen('node1');
    await client.create('networkpolicies', policy);
    const { metadata } = await makePod('web', {}, { podIPs: [] });
    expect(node.heard.slice(0, 2)).toEqual(['Namespace default', 'NetworkPolicy deny']);
    expect(node.heard.slice(2).every((text) => text.startsWith('reached'))).toBe(true);
    expect(node.heard.at(-1)).toBe(`reached ${metadata.resourceVersion}`);
  });

  test('goes quiet with the last policy, and names everything anew with the next', async () => {
    const node = listen('node2');
    await client.create('networkpolicies', policy);
    await client.delete('networkpolicies', 'default', 'deny');
    await client.create('namespaces', { metadata: { name: 'other' } });
    expect(node.heard.slice(2)).toEqual(['NetworkPolicy deny gone', 'cleared']);
    expect(feed.size).toBe(0);
    await client.create('networkpolicies', policy);
    expect(node.heard.slice(4).toSorted()).toEqual([
      'Namespace default',
      'Namespace other',
      'NetworkPolicy deny',
    ]);
    node.stop();
    await client.delete('networkpolicies', 'default', 'deny');
    expect(node.heard.at(-1)).toBe('NetworkPolicy deny');
  });
});
