import { expect } from 'vitest';
import type { Endpoint, ServicePort } from '../service-port.ts';
import type { LabAddresses } from './addresses.ts';
import type { Lab } from './lab.ts';
import type { Member } from './member.ts';
import { aServicePort } from './service-port.ts';
import type { Question } from './traffic.ts';
import type { Answer } from './worker.ts';

/** What the lab's servers listen on. */
export const SERVER_PORTS = { http: 8080, tcp: 9000, udp: 9001 } as const;
export const NODE_PORT = 30050;

/** What a mode cannot do by its nature, as docs/architecture.md says of it. */
export interface Abilities {
  /** Endpoints see the client's own address where Kubernetes says so. */
  readonly keepsSource: boolean;
  /** Packets that Kubernetes drops get no answer at all, rather than a refusal. */
  readonly drops: boolean;
  /** Goes on while no process runs. */
  readonly outlivesProcess: boolean;
}

/** The lab as the cases of one IP family see it: its addresses, Services with endpoints in it, and questions to them. */
export class Stage {
  readonly lab: Lab;
  readonly at: LabAddresses;
  readonly abilities: Abilities;

  constructor(lab: Lab, at: LabAddresses, abilities: Abilities) {
    this.lab = lab;
    this.at = at;
    this.abilities = abilities;
  }

  get node(): Member {
    return this.lab.node;
  }

  get outside(): Member {
    return this.lab.outside;
  }

  pod(index: number): Member {
    return this.lab.pods[index]!;
  }

  /** A server in the Pod of this index. */
  local(index: number, protocol: Question['protocol'] = 'http'): Endpoint {
    return { ip: this.at.podIp(index), port: SERVER_PORTS[protocol], nodeName: 'node1', local: true };
  }

  remote(protocol: Question['protocol'] = 'http'): Endpoint {
    return { ip: this.at.remotePodIp, port: SERVER_PORTS[protocol], nodeName: 'node2', local: false };
  }

  /** A port 80 of two Pods, and then changed. */
  service(changes: Partial<ServicePort> = {}): ServicePort {
    const { family, clusterIp } = this.at;
    return aServicePort({ family, clusterIp, endpoints: [this.local(0), this.local(1)], ...changes });
  }

  dns(changes: Partial<ServicePort> = {}): ServicePort {
    return this.service({ protocol: 'UDP', port: 53, endpoints: [this.local(0, 'udp')], ...changes });
  }

  /** Resolves when the node carries these and nothing else. */
  async sync(...ports: readonly ServicePort[]): Promise<void> {
    const keyed = ports.map((port): [string, ServicePort] => [
      `${port.namespace}/${port.service}:${port.portName}/${port.family}`,
      port,
    ]);
    await this.node.call('sync', keyed);
  }

  get clusterIp(): Question {
    return { protocol: 'http', host: this.at.clusterIp, port: 80 };
  }

  get nodePort(): Question {
    return { protocol: 'http', host: this.at.nodeIp, port: NODE_PORT };
  }

  get external(): Question {
    return { ...this.clusterIp, host: this.at.externalIp };
  }

  get loadBalancer(): Question {
    return { ...this.clusterIp, host: this.at.loadBalancerIp };
  }

  /** What becomes of a packet that Kubernetes drops. */
  get dropped(): object {
    return {
      error: this.abilities.drops
        ? 'timeout'
        : (expect.stringMatching(/timeout|ECONNREFUSED|ECONNRESET|no endpoints/) as string),
    };
  }
}

/** Who answered; errors as they are. */
export const names = (answers: readonly Answer[]): Set<string | undefined> =>
  new Set(answers.map((answer) => answer.name ?? answer.error));
