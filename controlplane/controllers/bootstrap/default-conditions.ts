import { rfc3339 } from '#api/clock.ts';
import type { Kinds } from '#api/resources.ts';
import type { ControllerContext, Running } from '../context.ts';
import { runController } from '../controller.ts';

type FlowSchema = Kinds['flowschemas'];

/** The condition that Kubernetes' API server itself keeps: of every FlowSchema whether its priority level exists. */
export function startDefaultConditions({ client, clock, log }: ControllerContext): Running {
  const schemas = runController({
    name: 'flow-schema',
    clock,
    log,
    async sync(name) {
      const schema = client.get('flowschemas', '', name);
      if (schema === undefined) return;
      const level = schema.spec?.priorityLevelConfiguration.name ?? '';
      const wanted = dangling(level, client.get('prioritylevelconfigurations', '', level) !== undefined);
      const conditions = schema.status?.conditions ?? [];
      const current = conditions.find(({ type }) => type === 'Dangling');
      if (current?.status === wanted.status && current.message === wanted.message) return;
      const others = conditions.filter((condition) => condition !== current);
      const lastTransitionTime = rfc3339(clock.now());
      const status = { conditions: [...others, { ...wanted, lastTransitionTime }] };
      await client.updateStatus('flowschemas', { ...schema, status });
    },
  });
  const enqueueSchemas = (): void => {
    for (const { metadata } of client.list('flowschemas')) schemas.enqueue(metadata.name);
  };
  const enqueue = ({ metadata }: FlowSchema): void => schemas.enqueue(metadata.name);
  const stops = [
    client.watch('flowschemas', { added: enqueue, updated: (_, schema) => enqueue(schema) }),
    client.watch('prioritylevelconfigurations', { added: enqueueSchemas, deleted: enqueueSchemas }),
  ];
  return {
    async stop() {
      for (const stop of stops) stop();
      await schemas.stop();
    },
  };
}

const dangling = (level: string, exists: boolean) => ({
  type: 'Dangling',
  status: exists ? 'False' : 'True',
  reason: exists ? 'Found' : 'NotFound',
  message:
    `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)} ` +
    (exists ? 'and it exists' : 'but there is no such object'),
});
