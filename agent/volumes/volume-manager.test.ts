import { existsSync, mkdtempSync, readFileSync, readlinkSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FakeClock } from '#api/clock.ts';
import type { Volume } from '#api/gen/types.ts';
import { FakeControlPlane, pod } from '../pods/testing.ts';
import { FakeRuntime } from '../runtime/fake-runtime.ts';
import { VolumeManager } from './volume-manager.ts';

function setup(volume: Partial<Volume>) {
  const clock = new FakeClock();
  const objects = new FakeControlPlane(clock);
  objects.configMaps.set('cm', { metadata: {}, data: { a: 'A' }, binaryData: { bin: 'AAE=' } });
  objects.secrets.set('s', { metadata: {}, data: { p: Buffer.from('word').toString('base64') } });
  const path = mkdtempSync(join(tmpdir(), 'podlab-volumes-'));
  const runtime = new FakeRuntime({ clock });
  const volumes = new VolumeManager({
    directory: { path, hostPath: '/host' },
    hostRoot: '/',
    objects,
    runtime,
    clock,
  });
  const web = pod('web', { volumes: [{ name: 'v', ...volume }] });
  const at = (...names: string[]): string => join(path, 'pods', 'uid-web', 'volumes', 'v', ...names);
  const facts = { podIps: [], hostIps: [], allocatable: {} };
  return { volumes, web, at, objects, facts, clock, mount: () => volumes.mount(web, facts), path };
}

describe('the files of a volume', () => {
  test('of a ConfigMap are its keys', async () => {
    const { mount, at } = setup({ configMap: { name: 'cm', defaultMode: 0o600 } });
    await mount();
    expect(readFileSync(at('a'), 'utf8')).toBe('A');
    expect([...readFileSync(at('bin'))]).toEqual([0, 1]);
    expect(statSync(at('a')).mode & 0o777).toBe(0o600);
    expect(readlinkSync(at('a'))).toBe('..data/a');
  });

  test('can be chosen and put elsewhere', async () => {
    const { mount, at } = setup({
      secret: { secretName: 's', items: [{ key: 'p', path: 'x/y', mode: 0o400 }] },
    });
    await mount();
    expect(readFileSync(at('x', 'y'), 'utf8')).toBe('word');
    expect(statSync(at('x', 'y')).mode & 0o777).toBe(0o400);
  });

  test('of several sources come together', async () => {
    const { mount, at } = setup({
      projected: {
        sources: [
          { configMap: { name: 'cm', items: [{ key: 'a', path: 'a' }] } },
          { secret: { name: 's' } },
          { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
        ],
      },
    });
    await mount();
    expect(['a', 'p', 'name'].map((name) => readFileSync(at(name), 'utf8'))).toEqual(['A', 'word', 'web']);
  });

  test('change all at once when their object does', async () => {
    const { mount, at, objects, volumes, web, facts } = setup({ configMap: { name: 'cm' } });
    await mount();
    const first = readlinkSync(at('..data'));
    await volumes.refresh(web, facts);
    expect(readlinkSync(at('..data'))).toBe(first);
    objects.configMaps.set('cm', { metadata: {}, data: { b: 'B' } });
    await volumes.refresh(web, facts);
    expect(readFileSync(at('b'), 'utf8')).toBe('B');
    expect([existsSync(at('a')), existsSync(at(first))]).toEqual([false, false]);
  });

  test.each<[Partial<Volume>, string]>([
    [{ configMap: { name: 'none' } }, 'configmap "none" not found'],
    [{ secret: { secretName: 'none' } }, 'secret "none" not found'],
    [
      { configMap: { name: 'cm', items: [{ key: 'z', path: 'z' }] } },
      'configmap references non-existent config key: z',
    ],
    [
      { projected: { sources: [{ clusterTrustBundle: { path: 't' } }] } },
      'podlab does not support the projected source clusterTrustBundle yet',
    ],
    [{ csi: { driver: 'd' } }, 'podlab does not support volumes of type csi yet'],
    [
      { hostPath: { path: '/none', type: 'Directory' } },
      'hostPath type check failed: /none is not a directory',
    ],
    [
      { hostPath: { path: `/${'x'.repeat(300)}`, type: 'Directory' } },
      'hostPath type check failed: ENAMETOOLONG',
    ],
  ])('%j cannot be mounted', async (volume, problem) => {
    await expect(setup(volume).mount()).rejects.toThrow(
      `MountVolume.SetUp failed for volume "v" : ${problem}`,
    );
  });

  test('that are optional may be missing', async () => {
    const { mount, at } = setup({ configMap: { name: 'none', optional: true } });
    await mount();
    expect(existsSync(at('..data'))).toBe(true);
  });
});

const fill = (text: string): string => text;

describe('the mounts of a container', () => {
  test('name the engine’s path, and files are read-only', async () => {
    const { volumes, web, mount, at } = setup({ configMap: { name: 'cm' } });
    await mount();
    expect(await volumes.binds(web, [{ name: 'v', mountPath: '/v' }], fill)).toEqual([
      '/host/pods/uid-web/volumes/v:/v:ro',
    ]);
    expect(await volumes.binds(web, [{ name: 'v', mountPath: '/v', subPath: 'z' }], fill)).toEqual([
      '/host/pods/uid-web/volumes/v/z:/v:ro',
    ]);
    expect(statSync(at('z')).isDirectory()).toBe(true);
  });

  test('make a directory of an emptyDir, but do not follow a link out of it', async () => {
    const { volumes, web, mount, at, path } = setup({ emptyDir: {} });
    await mount();
    expect(statSync(at()).mode & 0o777).toBe(0o777);
    const bind = (subPath: string) =>
      volumes.binds(web, [{ name: 'v', mountPath: '/v', subPath, readOnly: true }], fill);
    expect(await bind('x/y')).toEqual(['/host/pods/uid-web/volumes/v/x/y:/v:ro']);
    symlinkSync(path, at('out'));
    await expect(bind('out')).rejects.toThrow('leads out of the volume');
    await expect(bind('out/made')).rejects.toThrow('leads out of the volume');
    expect(existsSync(join(path, 'made'))).toBe(false);
  });

  test('go with the Pod', async () => {
    const { volumes, web, mount, at } = setup({ emptyDir: {} });
    await mount();
    expect(await volumes.directories()).toEqual(['uid-web']);
    await volumes.unmount(web);
    expect([existsSync(at()), await volumes.directories()]).toEqual([false, []]);
  });
});
describe('a token', () => {
  const projected = {
    sources: [
      { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
      { serviceAccountToken: { path: 'vault', audience: 'vault', expirationSeconds: 600 } },
    ],
  };

  test('is asked for once, and again after four fifths of its life', async () => {
    const { mount, at, objects, volumes, web, facts, clock } = setup({ projected });
    const read = (name: string): string => readFileSync(at(name), 'utf8');
    await mount();
    expect([read('token'), read('vault')]).toEqual(['token 1 of web for ', 'token 2 of web for vault']);
    clock.advance(460_000);
    await volumes.refresh(web, facts);
    expect(objects.tokensIssued).toBe(2);
    clock.advance(21_000);
    await volumes.refresh(web, facts);
    expect([read('token'), read('vault')]).toEqual(['token 1 of web for ', 'token 3 of web for vault']);
  });

  test('that cannot be replaced is good until it expires', async () => {
    const { mount, at, objects, volumes, web, facts, clock } = setup({ projected });
    await mount();
    objects.tokenProblem = new Error('not connected');
    clock.advance(599_000);
    await volumes.refresh(web, facts);
    expect(readFileSync(at('vault'), 'utf8')).toBe('token 2 of web for vault');
    clock.advance(1_000);
    await expect(volumes.refresh(web, facts)).rejects.toThrow('failed to fetch token: not connected');
  });

  test('lives for a day at most', async () => {
    const year = 365 * 24 * 3600;
    const sources = [{ serviceAccountToken: { path: 'token', expirationSeconds: year } }];
    const { mount, objects, volumes, web, facts, clock } = setup({ projected: { sources } });
    await mount();
    clock.advance(24 * 3600_000);
    await volumes.refresh(web, facts);
    expect(objects.tokensIssued).toBe(2);
  });
});
