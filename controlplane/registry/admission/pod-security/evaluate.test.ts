import { describe, expect, it } from 'vitest';
import type { Container, PodSpec } from '#api/gen/types.ts';
import { detailed, violationsOf } from './evaluate.ts';
import { podLike } from './pod-like.ts';

const SAFE: Container = {
  name: 'c',
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
};

const pod = (spec: Partial<PodSpec>): PodSpec => ({
  ...spec,
  containers: spec.containers ?? [SAFE],
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'Localhost' }, ...spec.securityContext },
});

const inside = (securityContext: Container['securityContext'], more: object = {}): Partial<PodSpec> => ({
  containers: [{ ...SAFE, ...more, securityContext: { ...SAFE.securityContext, ...securityContext } }],
});

const found = (
  level: 'baseline' | 'restricted',
  spec: Partial<PodSpec>,
  minor = Infinity,
  annotations = {},
): string => detailed(violationsOf(podLike(annotations, pod(spec)), { level, minor }));

describe('the baseline level', () => {
  const cases: [Partial<PodSpec>, string][] = [
    [{}, ''],
    [{ hostPID: true, hostIPC: true, hostNetwork: true }, 'host namespaces (hostIPC, hostNetwork, hostPID)'],
    [
      {
        volumes: [
          { name: 'v', hostPath: { path: '/' } },
          { name: 'w', hostPath: { path: '/' } },
        ],
      },
      'hostPath volumes (volumes "v", "w")',
    ],
    [
      inside(
        {},
        {
          ports: [
            { containerPort: 1, hostPort: 80 },
            { containerPort: 2, hostPort: 8080 },
          ],
        },
      ),
      'hostPort (container "c" uses hostPorts 80, 8080)',
    ],
    [
      inside({}, { livenessProbe: { httpGet: { host: '1.2.3.4', port: 80 } } }),
      'probe or lifecycle host (container "c" uses probe or lifecycle host "1.2.3.4")',
    ],
    [
      inside({ capabilities: { add: ['NET_RAW', 'CHOWN'] } }),
      'non-default capabilities (container "c" must not include "NET_RAW" in securityContext.capabilities.add)',
    ],
    [
      inside({ procMount: 'Unmasked' }),
      'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
    ],
    [
      { securityContext: { seLinuxOptions: { type: 'bad', user: 'u' } } },
      'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "bad"; user may not be set)',
    ],
    [
      {
        ...inside({ seccompProfile: { type: 'Unconfined' } }),
        securityContext: { seccompProfile: { type: 'Unconfined' } },
      },
      'seccompProfile (pod and container "c" must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      { securityContext: { appArmorProfile: { type: 'Unconfined' } } },
      'forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")',
    ],
    [
      { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } },
      'forbidden sysctls (kernel.msgmax)',
    ],
    [
      { securityContext: { windowsOptions: { hostProcess: true } } },
      'hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)',
    ],
  ];
  it.each(cases)('finds in %j: %s', (spec, expected) => {
    expect(found('baseline', spec)).toBe(expected);
  });

  it('finds AppArmor annotations', () => {
    const annotations = { 'container.apparmor.security.beta.kubernetes.io/c': 'unconfined' };
    expect(found('baseline', {}, Infinity, annotations)).toMatch(
      'forbidden AppArmor profile (annotation must not set AppArmor profile type to',
    );
  });

  it('is as it was in the version that the policy names', () => {
    const sysctl = { securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem', value: '1' }] } };
    expect(found('baseline', sysctl, 31)).toBe('forbidden sysctls (net.ipv4.tcp_rmem)');
    expect(found('baseline', sysctl, 32)).toBe('');
    const probe = inside({}, { startupProbe: { tcpSocket: { host: 'h', port: 1 } } });
    expect(found('baseline', probe, 33)).toBe('');
    const unmasked = { ...inside({ procMount: 'Unmasked' }), hostUsers: false };
    expect(found('baseline', unmasked, 34)).not.toBe('');
    expect(found('baseline', unmasked, 35)).toBe('');
  });
});

describe('the restricted level', () => {
  const cases: [Partial<PodSpec>, string][] = [
    [{}, ''],
    [inside({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } }), ''],
    [
      inside({ capabilities: { drop: ['CHOWN'], add: ['CHOWN', 'NET_RAW'] } }),
      'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]; container "c" must not include "CHOWN", "NET_RAW" in securityContext.capabilities.add)',
    ],
    [
      {
        volumes: [
          { name: 'n', nfs: { server: 's', path: '/' } },
          { name: 'h', hostPath: { path: '/' } },
        ],
      },
      'restricted volume types (volumes "n", "h" use restricted volume types "hostPath", "nfs")',
    ],
    [{ volumes: [{ name: 'v', emptyDir: {} }] }, ''],
    [
      inside({ runAsNonRoot: false }),
      'runAsNonRoot != true (container "c" must not set securityContext.runAsNonRoot=false)',
    ],
    [
      { ...inside({ runAsUser: 0 }), securityContext: { runAsUser: 0 } },
      'runAsUser=0 (pod and container "c" must not set runAsUser=0)',
    ],
    [
      { ...inside({ procMount: 'Unmasked' }), hostUsers: false },
      'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
    ],
    [{ ...inside({ runAsUser: 0 }), hostUsers: false }, ''],
    [{ containers: [{ name: 'c' }], os: { name: 'windows' } }, ''],
  ];
  it.each(cases)('finds in %j: %s', (spec, expected) => {
    expect(found('restricted', spec)).toBe(expected);
  });

  it('looks at init and ephemeral containers too, in the order in which they run', () => {
    const spec = {
      initContainers: [{ name: 'a' }],
      containers: [{ name: 'b' }],
      ephemeralContainers: [{ name: 'e' }],
    };
    expect(found('restricted', spec)).toContain(
      'containers "a", "b", "e" must set securityContext.allowPrivilegeEscalation=false',
    );
  });
});
