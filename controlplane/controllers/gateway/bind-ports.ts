import { HTTP_BIND_PORTS } from '#api/http-routes.ts';
import type { Kinds } from '#api/resources.ts';
import { isManaged } from '../../http-routes/entrance.ts';

/** Those below are the Ingresses'. */
const FIRST = HTTP_BIND_PORTS.first + 500;

/**
 * Gives Gateways' ports the ports on which the nodes listen for them. What was given is read from the entrances' Services, so that it stays over
 * restarts.
 */
export class BindPorts {
  readonly #given = new Map<string, number>();
  readonly #taken = new Set<number>();

  constructor(services: readonly Kinds['services'][]) {
    for (const service of services.filter(isManaged)) {
      const { namespace, name } = service.metadata;
      for (const { port, targetPort, appProtocol } of service.spec?.ports ?? []) {
        if (typeof targetPort !== 'number') continue;
        this.#given.set(keyOf(`${namespace}/${name}`, port, appProtocol ?? ''), targetPort);
        this.#taken.add(targetPort);
      }
    }
  }

  /** `entrance`: the Service, by `namespace/name`. undefined: none is free. */
  portFor(entrance: string, port: number, protocol: 'HTTP' | 'HTTPS'): number | undefined {
    const key = keyOf(entrance, port, protocol.toLowerCase());
    const given = this.#given.get(key);
    if (given !== undefined) return given;
    for (let free = FIRST; free <= HTTP_BIND_PORTS.last; free++) {
      if (this.#taken.has(free)) continue;
      this.#taken.add(free);
      this.#given.set(key, free);
      return free;
    }
    return undefined;
  }
}

const keyOf = (entrance: string, port: number, protocol: string): string => `${entrance} ${protocol} ${port}`;
