import type { LabelSelector, PolicyRule } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { labelSelectorMatcher } from '#api/selectors.ts';
import type { ControllerContext, Running } from '../context.ts';
import { runController } from '../controller.ts';
import { canonical, same } from '../equality.ts';

type ClusterRole = Kinds['clusterroles'];

/** Fills the rules of each ClusterRole with an aggregation rule from the ClusterRoles that it selects (`pkg/controller/clusterroleaggregation`). */
export function startClusterRoleAggregation({ client, clock, log }: ControllerContext): Running {
  const controller = runController({
    name: 'clusterrole-aggregation',
    clock,
    log,
    async sync(name) {
      const role = client.get('clusterroles', '', name);
      if (role === undefined || !isAggregated(role)) return;
      const rules = aggregatedRules(role, client.list('clusterroles'));
      if (!same(role.rules, rules)) await client.update('clusterroles', { ...role, rules });
    },
  });
  // Which roles selected the changed one before is not known; there are few that aggregate.
  const enqueueAll = (): void => {
    for (const role of client.list('clusterroles')) {
      if (isAggregated(role)) controller.enqueue(role.metadata.name);
    }
  };
  const unwatch = client.watch('clusterroles', {
    added: enqueueAll,
    updated: enqueueAll,
    deleted: enqueueAll,
  });
  return {
    async stop() {
      unwatch();
      await controller.stop();
    },
  };
}

const isAggregated = ({ aggregationRule }: ClusterRole): boolean => aggregationRule !== undefined;

/** The rules of the other roles that the selectors name: selector by selector, roles by name, each rule once. */
function aggregatedRules(role: ClusterRole, all: readonly ClusterRole[]): PolicyRule[] {
  const byName = all
    .filter(({ metadata }) => metadata.name !== role.metadata.name)
    .sort((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1));
  const rules = new Map<string, PolicyRule>();
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    for (const rule of selectedRules(selector, byName)) {
      const key = canonical(rule);
      if (!rules.has(key)) rules.set(key, rule);
    }
  }
  return [...rules.values()];
}

function selectedRules(selector: LabelSelector, roles: readonly ClusterRole[]): PolicyRule[] {
  const matches = labelSelectorMatcher(selector);
  return roles.filter(({ metadata }) => matches(metadata.labels)).flatMap(({ rules = [] }) => rules);
}
