import { rfc3339 } from '#api/clock.ts';
import type { EventDraft } from '../controllers/event-correlator.ts';

/** An agent's event as its node's kubelet would record it: whatever the agent says, its source is that node. */
export function eventDraft(reported: Record<string, unknown>, nodeName: string, now: number): EventDraft {
  const event = reported as unknown as EventDraft;
  const at = rfc3339(now);
  const namespace = event.metadata?.namespace ?? event.involvedObject?.namespace ?? 'default';
  return {
    count: 1,
    firstTimestamp: at,
    lastTimestamp: at,
    ...event,
    metadata: { namespace },
    involvedObject: event.involvedObject ?? {},
    source: { component: 'kubelet', host: nodeName },
    reportingComponent: 'kubelet',
    reportingInstance: nodeName,
  };
}
