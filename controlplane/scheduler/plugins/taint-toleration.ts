import { toleratesTaint } from '#api/tolerations.ts';
import { normalize, unresolvable, type Plugin } from '../framework.ts';

/** Turns down nodes with a NoSchedule or NoExecute taint that the Pod does not tolerate, and prefers nodes with fewer PreferNoSchedule ones. */
export const taintToleration: Plugin = {
  name: 'TaintToleration',
  weight: 3,
  events: ['NodeAdd', 'NodeUpdate'],
  filter({ pod }) {
    return ({ node }) => {
      const hard = (node?.spec?.taints ?? []).filter(({ effect }) => effect !== 'PreferNoSchedule');
      const tolerated = hard.every((taint) => toleratesTaint(pod.spec?.tolerations, taint));
      return tolerated ? undefined : unresolvable('node(s) had untolerated taint(s)');
    };
  },
  score({ pod }, feasible) {
    const counts = feasible.map(({ node }) => {
      const soft = (node?.spec?.taints ?? []).filter(({ effect }) => effect === 'PreferNoSchedule');
      return soft.filter((taint) => !toleratesTaint(pod.spec?.tolerations, taint)).length;
    });
    return normalize(counts, true);
  },
};
