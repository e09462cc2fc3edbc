import type { Clock } from '#api/clock.ts';
import type { Status } from '#api/gen/types.ts';
import type { KubeObject } from '#api/resources.ts';
import { StatusError, type StatusReason } from '#api/status.ts';
import type { AgentMessage } from '#proto/gen/podlab/v1/AgentMessage.ts';
import type { ObjectReply__Output } from '#proto/gen/podlab/v1/ObjectReply.ts';

/** Questions for ConfigMaps, Secrets and tokens that wait for their answers. */
export interface ObjectRequests {
  /** undefined: there is none. Rejects when it is refused, or there is no connection, or no answer in time. */
  get(resource: string, namespace: string, name: string): Promise<KubeObject | undefined>;
  /** The same for any question with an id. `what`: names it when there is no answer. */
  ask(what: string, message: (requestId: number) => AgentMessage): Promise<KubeObject | undefined>;
  reply(reply: ObjectReply__Output): void;
  /** The connection ended: no answer will come. */
  abandon(): void;
}

const TIMEOUT = 10_000;

/** `send` returns false when there is no connection. */
export function createObjectRequests(clock: Clock, send: (message: AgentMessage) => boolean): ObjectRequests {
  interface Waiting {
    resolve(object: KubeObject | undefined): void;
    reject(error: Error): void;
  }
  const waiting = new Map<number, Waiting>();
  let lastId = 0;

  function settle(id: number): Waiting | undefined {
    const one = waiting.get(id);
    waiting.delete(id);
    return one;
  }

  function ask(what: string, message: (requestId: number) => AgentMessage): Promise<KubeObject | undefined> {
    lastId += 1;
    const requestId = lastId;
    return new Promise((resolve, reject) => {
      if (!send(message(requestId))) return reject(disconnected());
      const cancel = clock.after(TIMEOUT, () =>
        settle(requestId)?.reject(new Error(`timed out waiting for ${what} from the control plane`)),
      );
      waiting.set(requestId, {
        resolve: (object) => (cancel(), resolve(object)),
        reject: (error) => (cancel(), reject(error)),
      });
    });
  }

  return {
    ask,
    get: (resource, namespace, name) =>
      ask(`${resource} "${namespace}/${name}"`, (requestId) => ({
        objectRequest: { requestId, resource, namespace, name },
      })),
    reply({ requestId, objectJson, statusJson }) {
      const one = settle(requestId);
      if (one === undefined) return;
      try {
        if (statusJson.length > 0) one.reject(errorOf(JSON.parse(statusJson.toString()) as Status));
        else if (objectJson.length === 0) one.resolve(undefined);
        else one.resolve(JSON.parse(objectJson.toString()) as KubeObject);
      } catch (error) {
        one.reject(new Error('the control plane sent an object that cannot be read', { cause: error }));
      }
    },
    abandon() {
      for (const id of waiting.keys()) settle(id)?.reject(disconnected());
    },
  };
}

const disconnected = (): Error => new Error('not connected to the control plane');

const errorOf = ({ reason, message = '', details, code }: Status): StatusError =>
  new StatusError((reason ?? 'Unknown') as StatusReason, message, details, code ?? 500);
