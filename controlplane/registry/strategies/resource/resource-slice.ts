import { rfc3339 } from '#api/clock.ts';
import type { Kinds } from '#api/resources.ts';
import type { Strategy } from '../strategy.ts';

type ResourceSlice = Kinds['resourceslices'];

/** pkg/registry/resource/resourceslice/strategy.go */
export const resourceSliceStrategy: Strategy<ResourceSlice> = {
  generation: true,

  setDefaults(slice) {
    // Decoding asks for no field, whatever the type says.
    const spec = ((slice as Partial<ResourceSlice>).spec ??= {} as ResourceSlice['spec']);
    for (const { nodeAllocatableResourceMappings = {} } of spec.devices ?? []) {
      for (const mapping of Object.values(nodeAllocatableResourceMappings))
        mapping.allocationMultiplier ??= '1';
    }
  },
  prepareForCreate: stampTaints,
  prepareForUpdate: (slice, _old, context) => stampTaints(slice, context),
  selectableFields: {
    'spec.driver': ({ spec }) => spec.driver,
    'spec.nodeName': ({ spec }) => spec.nodeName ?? '',
  },
};

/** `SetDefaults_DeviceTaint`: a taint counts from when it was first written. */
function stampTaints(
  { spec }: ResourceSlice,
  { clock }: Parameters<NonNullable<Strategy['prepareForCreate']>>[1],
): void {
  for (const { taints = [] } of spec.devices ?? []) {
    for (const taint of taints) taint.timeAdded ??= rfc3339(clock.now());
  }
}
