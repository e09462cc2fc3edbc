import { rfc3339 } from '#api/clock.ts';
import type { EventDraft } from '../controllers/event-correlator.ts';

/** The parts of a node that have something to say. */
const COMPONENTS = ['kubelet', 'kube-proxy', 'podlab-proxy'];

/** An agent's event as its node's kubelet would record it, or its proxy: whatever the agent says, its source is that node. */
export function eventDraft(reported: Record<string, unknown>, nodeName: string, now: number): EventDraft {
  const event = reported as unknown as EventDraft;
  const at = rfc3339(now);
  const namespace = event.metadata?.namespace ?? event.involvedObject?.namespace ?? 'default';
  const component = COMPONENTS.find((one) => one === event.source?.component) ?? 'kubelet';
  return {
    count: 1,
    firstTimestamp: at,
    lastTimestamp: at,
    ...event,
    metadata: { namespace },
    involvedObject: event.involvedObject ?? {},
    source: { component, host: nodeName },
    reportingComponent: component,
    reportingInstance: nodeName,
  };
}
