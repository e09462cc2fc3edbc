import { RESOURCES } from '#api/resources.ts';

interface ApiGroup {
  readonly name: string;
  readonly versions: readonly GroupVersionForDiscovery[];
  readonly preferredVersion: GroupVersionForDiscovery;
}

interface GroupVersionForDiscovery {
  readonly groupVersion: string;
  readonly version: string;
}

function groups(): ApiGroup[] {
  const names = [...new Set(RESOURCES.map(({ group }) => group).filter((group) => group !== ''))];
  return names.map((name) => {
    const ofGroup = RESOURCES.filter(({ group }) => group === name);
    const versions = [...new Set(ofGroup.map(({ version }) => version))].map((version) => ({
      groupVersion: `${name}/${version}`,
      version,
    }));
    return { name, versions, preferredVersion: versions[0]! };
  });
}

/** metav1.APIGroupList, served at `/apis`. */
export const apiGroupList = (): object => ({ kind: 'APIGroupList', apiVersion: 'v1', groups: groups() });

/** metav1.APIGroup, served at `/apis/GROUP`; undefined for a group that is not served. */
export function apiGroup(name: string): object | undefined {
  const found = groups().find((group) => group.name === name);
  return found === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...found };
}

/** metav1.APIVersions, served at `/api`. `serverAddress`: host and port under which the client reached the server. */
export const apiVersions = (serverAddress: string): object => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
});
