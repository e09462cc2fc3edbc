import { unresolvable, type Plugin } from '../framework.ts';

/** Turns down every node but the one that the Pod names. */
export const nodeName: Plugin = {
  name: 'NodeName',
  events: ['NodeAdd'],
  filter({ pod }) {
    const wanted = pod.spec?.nodeName ?? '';
    if (wanted === '') return undefined;
    return ({ name }) =>
      name === wanted ? undefined : unresolvable("node(s) didn't match the requested node name");
  },
};
