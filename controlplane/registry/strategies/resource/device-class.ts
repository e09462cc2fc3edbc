import type { Kinds } from '#api/resources.ts';
import type { Strategy } from '../strategy.ts';

type DeviceClass = Kinds['deviceclasses'];

/** pkg/registry/resource/deviceclass/strategy.go */
export const deviceClassStrategy: Strategy<DeviceClass> = {
  generation: true,

  setDefaults(deviceClass) {
    // Decoding asks for no field, whatever the type says.
    (deviceClass as Partial<DeviceClass>).spec ??= {};
  },
};
