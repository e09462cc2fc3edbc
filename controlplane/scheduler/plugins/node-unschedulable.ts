import { TAINT_UNSCHEDULABLE, toleratesTaint } from '#api/tolerations.ts';
import { unresolvable, type Plugin } from '../framework.ts';

const TAINT = { key: TAINT_UNSCHEDULABLE, effect: 'NoSchedule' };

/** Turns down cordoned nodes. */
export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  events: ['NodeAdd', 'NodeUpdate'],
  filter({ pod }) {
    if (toleratesTaint(pod.spec?.tolerations, TAINT)) return undefined;
    return ({ node }) =>
      node?.spec?.unschedulable === true ? unresolvable('node(s) were unschedulable') : undefined;
  },
};
