import { beforeEach, describe, expect, it } from 'vitest';
import type { StatusError } from '#api/status.ts';
import {
  create,
  podBody,
  target,
  testRegistry,
  workloadBody,
  type TestRegistry,
} from '../../test-registry.ts';

let registry: TestRegistry;

beforeEach(async () => {
  registry = await testRegistry();
});

const DEPLOYMENTS = {
  resourceRules: [
    {
      apiGroups: ['apps'],
      apiVersions: ['v1'],
      operations: ['CREATE', 'UPDATE'],
      resources: ['deployments'],
    },
  ],
};
const CONFIG_MAPS = {
  resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] }],
};

const policy = (spec: object, name = 'p') =>
  create(registry, 'validatingadmissionpolicies', {
    metadata: { name },
    spec: { failurePolicy: 'Fail', matchConstraints: CONFIG_MAPS, ...spec },
  });

const bind = (spec: object = {}, name = 'b') =>
  create(registry, 'validatingadmissionpolicybindings', {
    metadata: { name },
    spec: { policyName: 'p', validationActions: ['Deny'], ...spec },
  });

const configMap = (name: string, data: object = {}) =>
  create(registry, 'configmaps', { metadata: { name }, data });

const refusal = async (attempt: Promise<unknown>): Promise<StatusError> =>
  attempt.then(
    () => {
      throw new Error('it was allowed');
    },
    (error: StatusError) => error,
  );

const labelled = (name: string) => ({ metadata: { name, labels: { strict: 'yes' } } });

const deploy = (replicas: number) =>
  create(registry, 'deployments', workloadBody(`d${replicas}`, { replicas }));

describe('a validating policy', () => {
  it('refuses what its expressions refuse, in Kubernetes words', async () => {
    await policy({
      matchConstraints: DEPLOYMENTS,
      validations: [{ expression: 'object.spec.replicas <= 5' }],
    });
    await bind();
    await create(registry, 'deployments', workloadBody('small'));
    const refused = await refusal(create(registry, 'deployments', workloadBody('big', { replicas: 6 })));
    const why =
      "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: failed expression: object.spec.replicas <= 5";
    expect(refused.toStatus()).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `deployments.apps "big" is forbidden: ${why}`,
      reason: 'Invalid',
      details: { name: 'big', group: 'apps', kind: 'deployments', causes: [{ message: why }] },
      code: 422,
    });
  });

  it('does nothing while it is not bound', async () => {
    await policy({ validations: [{ expression: 'false' }] });
    await configMap('c');
  });

  it('gives its own message and reason', async () => {
    const messages = { message: 'plain', messageExpression: "'no ' + object.metadata.name" };
    await policy({ validations: [{ expression: 'false', reason: 'Forbidden', ...messages }] });
    await bind();
    const refused = await refusal(configMap('c'));
    expect(refused.code).toBe(403);
    expect(refused.message).toMatch(/denied request: no c$/);
    await registry.registry.patch(
      target('validatingadmissionpolicies', 'p'),
      {
        type: 'json',
        body: [{ op: 'replace', path: '/spec/validations/0/messageExpression', value: 'object.none' }],
      },
      registry.write,
    );
    expect((await refusal(configMap('c'))).message).toMatch(/denied request: plain$/);
  });

  it('has variables, each evaluated when it is asked for', async () => {
    await policy({
      variables: [
        { name: 'broken', expression: 'object.none' },
        { name: 'size', expression: 'size(object.data)' },
        { name: 'double', expression: 'variables.size * 2' },
      ],
      validations: [
        { expression: 'variables.double < 4' },
        { expression: "object.metadata.name != 'x' || variables.broken" },
      ],
    });
    await bind();
    await configMap('one', { a: '1' });
    expect((await refusal(configMap('two', { a: '1', b: '2' }))).message).toContain('variables.double < 4');
    expect((await refusal(configMap('x', { a: '1' }))).message).toContain(
      `resulted in error: composited variable "broken" fails to evaluate: expression 'object.none' resulted in error: no such key: none`,
    );
  });

  it('sees the request, the old object and the namespace', async () => {
    await policy({
      validations: [
        { expression: "request.operation in ['CREATE', 'UPDATE'] || oldObject.metadata.name != 'kept'" },
        { expression: "request.userInfo.username == 'admin' && request.namespace == 'default'" },
        {
          expression:
            "namespaceObject.metadata.name == 'default' && request.resource.resource == 'configmaps'",
        },
        { expression: 'request.operation != "UPDATE" || object.data == oldObject.data', message: 'fixed' },
      ],
    });
    await bind();
    await configMap('kept', { a: '1' });
    const { registry: api, write } = registry;
    const body = { data: { a: '2' } };
    const changed = api.patch(target('configmaps', 'kept'), { type: 'merge', body }, write);
    expect((await refusal(changed)).message).toContain('fixed');
    const deleted = api.delete(target('configmaps', 'kept'), {}, write);
    expect((await refusal(deleted)).message).toContain("oldObject.metadata.name != 'kept'");
  });

  it('is refused when its expressions do not compile', async () => {
    const refused = await refusal(
      policy({
        variables: [{ name: 'v', expression: '1 +' }],
        validations: [{ expression: 'objec.spec' }, { expression: '"text"', messageExpression: '1' }],
      }),
    );
    expect(refused.code).toBe(422);
    expect(refused.details?.causes?.map(({ field, message }) => [field, message?.split('\n')[0]])).toEqual([
      ['spec.variables[0].expression', expect.stringContaining('compilation failed: ERROR: <input>:1:')],
      ['spec.validations[0].expression', expect.stringContaining("undeclared reference to 'objec'")],
      ['spec.validations[1].expression', expect.stringContaining('must evaluate to bool')],
      ['spec.validations[1].messageExpression', expect.stringContaining('must evaluate to string')],
    ]);
  });

  it('asks what the user may do', async () => {
    const may = "authorizer.group('').resource('secrets').namespace('default').check('get').allowed()";
    await policy({ validations: [{ expression: may }] });
    await bind();
    await configMap('c');
    const write = { ...registry.write, user: { name: 'eve', groups: [] } };
    await refusal(registry.registry.create(target('configmaps'), { metadata: { name: 'd' } }, write));
  });

  it('warns where its binding asks for that', async () => {
    await policy({ validations: [{ expression: 'false', message: 'hm' }] });
    await bind({ validationActions: ['Warn', 'Audit'] });
    await configMap('c');
    expect(registry.warnings).toContain(
      "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': hm",
    );
  });

  it('matches by name, label and condition', async () => {
    await policy({
      matchConstraints: {
        resourceRules: CONFIG_MAPS.resourceRules,
        excludeResourceRules: [{ ...CONFIG_MAPS.resourceRules[0], resourceNames: ['excluded'] }],
      },
      matchConditions: [{ name: 'named', expression: "object.metadata.name != 'passed'" }],
      validations: [{ expression: 'false' }],
    });
    await bind({ matchResources: { objectSelector: { matchLabels: { strict: 'yes' } } } });
    await configMap('unlabelled');
    await create(registry, 'configmaps', labelled('excluded'));
    await create(registry, 'configmaps', labelled('passed'));
    await refusal(create(registry, 'configmaps', labelled('c')));
    await create(registry, 'pods', podBody('p'));
  });

  it('fails or passes as its policy says when an expression fails', async () => {
    await policy({ validations: [{ expression: 'object.data.none == "1"' }] });
    await bind();
    expect((await refusal(configMap('c'))).message).toContain(
      `denied request: expression 'object.data.none == "1"' resulted in error: no such key: `,
    );
    await policy({ failurePolicy: 'Ignore', validations: [{ expression: 'object.none' }] }, 'q');
    await bind({ policyName: 'q', matchResources: { resourceRules: [] } }, 'c');
    await registry.registry.delete(target('validatingadmissionpolicybindings', 'b'), {}, registry.write);
    await configMap('c');
  });
});

describe('the params of a policy', () => {
  beforeEach(async () => {
    await policy({
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      matchConstraints: DEPLOYMENTS,
      validations: [{ expression: 'object.spec.replicas <= int(params.data.max)' }],
    });
    await configMap('two', { max: '2' });
    await create(registry, 'configmaps', {
      metadata: { name: 'four', labels: { limit: 'yes' } },
      data: { max: '4' },
    });
  });

  it('come by name', async () => {
    await bind({ paramRef: { name: 'two', parameterNotFoundAction: 'Deny' } });
    await deploy(2);
    await refusal(deploy(3));
  });

  it('come by labels', async () => {
    await bind({
      paramRef: { selector: { matchLabels: { limit: 'yes' } }, parameterNotFoundAction: 'Deny' },
    });
    await deploy(3);
    await refusal(deploy(5));
  });

  it('may be missing, if that is allowed', async () => {
    await bind({ paramRef: { name: 'none', parameterNotFoundAction: 'Deny' } });
    expect((await refusal(deploy(1))).message).toContain(
      "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction",
    );
    await registry.registry.patch(
      target('validatingadmissionpolicybindings', 'b'),
      { type: 'merge', body: { spec: { paramRef: { parameterNotFoundAction: 'Allow' } } } },
      registry.write,
    );
    await deploy(9);
  });
});
