import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Endpoint } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import type { PortGroup, SliceMetadata, SlicePlan } from './slice-planner.ts';
import { planSlices } from './slice-planner.ts';

type Slice = Kinds['endpointslices'];

const metadata: SliceMetadata = {
  namespace: 'default',
  generateName: 'web-',
  labels: { a: 'b' },
  ownerReferences: [],
  annotate: (before) => before,
  copiesAnnotations: false,
};
const endpoint = (number: number, ready = true): Endpoint => ({
  addresses: [`10.244.0.${number}`],
  conditions: { ready },
  targetRef: { kind: 'Pod', uid: String(number) },
});
const group = (port: number, ...endpoints: Endpoint[]): PortGroup => ({
  ports: [{ name: '', port, protocol: 'TCP' }],
  endpoints,
});
const plan = (existing: readonly Slice[], ...groups: PortGroup[]) =>
  planSlices({ existing, groups, metadata, addressType: 'IPv4', maxEndpoints: 3, placeholder: true });

let made = 0;
function apply(existing: readonly Slice[], { create, update, remove }: SlicePlan): Slice[] {
  const kept = existing.filter((slice) => !remove.includes(slice));
  const updated = kept.map((slice) => update.find((one) => one.metadata.uid === slice.metadata.uid) ?? slice);
  const created = create.map((slice) => {
    made += 1;
    const own = { name: `web-${made}`, uid: `u${made}`, resourceVersion: '1', creationTimestamp: '' };
    return { apiVersion: '', kind: '', ...slice, metadata: { ...slice.metadata, ...own } };
  });
  return [...updated, ...created];
}

const run = (...steps: PortGroup[][]): Slice[] =>
  steps.reduce<Slice[]>((slices, groups) => apply(slices, plan(slices, ...groups)), []);

const numbers = (slices: readonly Slice[]) => slices.map(({ endpoints = [] }) => endpoints.length);
const ids = (...all: number[]) => group(80, ...all.map((id) => endpoint(id)));

describe('planSlices', () => {
  it('says with one empty slice that there is no endpoint', () => {
    const slices = run([]);
    expect(slices).toMatchObject([{ endpoints: [], ports: [], metadata: { generateName: 'web-' } }]);
    expect(plan(slices)).toEqual({ create: [], update: [], remove: [] });
  });

  it('writes the empty slice anew when the first endpoint comes, and back when the last one goes', () => {
    const before = run([]);
    const filled = apply(before, plan(before, group(80, endpoint(1))));
    expect(filled).toMatchObject([
      { metadata: { name: before[0]!.metadata.name }, endpoints: [endpoint(1)] },
    ]);
    expect(apply(filled, plan(filled))).toMatchObject([
      { metadata: { name: before[0]!.metadata.name }, endpoints: [], ports: [] },
    ]);
  });

  it('changes an endpoint in its slice', () => {
    const before = run([group(80, endpoint(1), endpoint(2))]);
    const { create, update, remove } = plan(before, group(80, endpoint(1), endpoint(2, false)));
    expect([create, remove]).toEqual([[], []]);
    expect(update).toMatchObject([{ endpoints: [endpoint(1), endpoint(2, false)] }]);
  });

  it('has a slice for each set of ports', () => {
    const slices = run([group(80, endpoint(1)), group(8080, endpoint(2))]);
    expect(new Set(slices.map(({ ports }) => ports?.[0]?.port))).toEqual(new Set([80, 8080]));
  });

  it('puts new endpoints into the slice that they fill best, and those beyond a slice into new ones', () => {
    const before = run([ids(1, 2, 3, 4, 5)], [ids(1, 2, 3, 4, 5, 6)], [ids(1, 4, 5, 6)]);
    expect(numbers(before)).toEqual([1, 3]);
    const more = apply(before, plan(before, ids(1, 4, 5, 6, 7)));
    expect(numbers(more)).toEqual([2, 3]);
    expect(numbers(apply(more, plan(more, ids(1, 4, 5, 6, 7, 8, 9, 10, 11))))).toEqual([3, 3, 3]);
  });

  it('leaves the annotations of others alone', () => {
    const [slice] = run([group(80, endpoint(1))]);
    const noted = { ...slice!, metadata: { ...slice!.metadata, annotations: { note: 'x' } } };
    expect(plan([noted], group(80, endpoint(1)))).toEqual({ create: [], update: [], remove: [] });
    const { update } = plan([noted], group(80, endpoint(2)));
    expect(update).toMatchObject([{ metadata: { annotations: { note: 'x' } } }]);
  });

  it('takes on new labels', () => {
    const before = run([group(80, endpoint(1))]);
    const request = {
      existing: before,
      groups: [group(80, endpoint(1))],
      addressType: 'IPv4',
      maxEndpoints: 3,
      placeholder: true,
    };
    const { update } = planSlices({ ...request, metadata: { ...metadata, labels: { a: 'c' } } });
    expect(update).toMatchObject([{ metadata: { labels: { a: 'c' } } }]);
  });

  it('holds exactly the wanted endpoints, leaves each in its slice, and rests when nothing changes', () => {
    const wanted = fc.uniqueArray(fc.nat(12), { maxLength: 12 });
    const step = fc.record({ http: wanted, alt: wanted, ready: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        let slices: Slice[] = [];
        for (const { http, alt, ready } of steps) {
          const others = alt.filter((one) => !http.includes(one));
          const groups = [
            group(80, ...http.map((one) => endpoint(one, ready))),
            group(8080, ...others.map((one) => endpoint(one))),
          ].filter(({ endpoints }) => endpoints.length > 0);
          const before = new Map(slices.flatMap(places));
          slices = apply(slices, plan(slices, ...groups));
          expect(slices.flatMap((slice) => slice.endpoints ?? [])).toHaveLength(http.length + others.length);
          for (const slice of slices) expect(slice.endpoints?.length).toBeLessThanOrEqual(3);
          for (const [id, place] of slices.flatMap(places)) {
            if (before.has(id)) expect(place).toBe(before.get(id));
          }
          expect(plan(slices, ...groups)).toEqual({ create: [], update: [], remove: [] });
        }
      }),
    );
  });
});

/** Each endpoint with the slice that it is in; on other ports it is another one. */
const places = (slice: Slice): [string, string][] =>
  (slice.endpoints ?? []).map((one) => [`${slice.ports?.[0]?.port} ${one.addresses[0]}`, slice.metadata.uid]);
