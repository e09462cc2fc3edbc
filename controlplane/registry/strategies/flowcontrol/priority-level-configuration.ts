import type { LimitedPriorityLevelConfiguration } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { separateStatus } from '../separate-status.ts';
import type { Strategy } from '../strategy.ts';
import { validateConditions } from './validate-conditions.ts';
import { validatePriorityLevel } from './validate-priority-level.ts';

type PriorityLevel = Kinds['prioritylevelconfigurations'];

const separate = separateStatus<PriorityLevel>(() => ({}), 'kept');

/** pkg/registry/flowcontrol/prioritylevelconfiguration/strategy.go */
export const priorityLevelConfigurationStrategy: Strategy<PriorityLevel> = {
  ...separate,
  status: { ...separate.status, validateUpdate: validateConditions },
  generation: true,

  setDefaults(level) {
    const { limited, exempt } = (level.spec ??= {} as NonNullable<PriorityLevel['spec']>);
    if (limited !== undefined) defaultLimited(limited);
    if (exempt !== undefined) {
      exempt.nominalConcurrencyShares ??= 0;
      exempt.lendablePercent ??= 0;
    }
    level.status ??= {};
  },
  validate: ({ metadata, spec }) => validatePriorityLevel(metadata.name, spec ?? {}),
};

function defaultLimited(limited: LimitedPriorityLevelConfiguration): void {
  limited.nominalConcurrencyShares ??= 30;
  limited.lendablePercent ??= 0;
  const { queuing } = (limited.limitResponse ??= { type: '' });
  if (queuing === undefined) return;
  queuing.handSize ??= 8;
  queuing.queues ??= 64;
  queuing.queueLengthLimit ??= 50;
}
