import type { Kinds } from '#api/resources.ts';
import type { Strategy } from '../strategy.ts';

type IpAddress = Kinds['ipaddresses'];

/** pkg/registry/networking/ipaddress/strategy.go */
export const ipAddressStrategy: Strategy<IpAddress> = {
  setDefaults(address) {
    // Decoding asks for no field, whatever the type says.
    (address as Partial<IpAddress>).spec ??= {} as IpAddress['spec'];
  },
};
