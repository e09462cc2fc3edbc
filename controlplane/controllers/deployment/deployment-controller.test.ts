import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isTerminating, availableAt, isActive } from '../pod-state.ts';
import { helloDeploy, Simulation } from './simulation.ts';

const NAME = 'hello-deploy';
const REVISION = 'deployment.kubernetes.io/revision';
const revision = (object: { metadata: { annotations?: Record<string, string> } }) =>
  object.metadata.annotations?.[REVISION];

describe('the Deployment controller', () => {
  let sim: Simulation;
  const sizes = () => sim.replicaSets().map(({ spec }) => spec?.replicas);
  const status = () => sim.deployment(NAME).status;

  beforeEach(() => {
    sim = new Simulation();
  });
  afterEach(() => sim.stop());

  const deployed = async (spec = {}) => {
    await sim.client.create('deployments', helloDeploy(spec));
    await sim.advance(11_000);
  };

  it('creates a ReplicaSet with the template hash, and tells of it', async () => {
    await sim.client.create('deployments', helloDeploy());
    await sim.advance(1_000);
    const [replicaSet] = sim.replicaSets();
    const hash = replicaSet?.metadata.labels?.['pod-template-hash'];
    expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{5,10}$/);
    expect(replicaSet).toMatchObject({
      metadata: {
        name: `hello-deploy-${hash}`,
        labels: { app: 'hello-world', 'pod-template-hash': hash },
        annotations: {
          'deployment.kubernetes.io/desired-replicas': '10',
          'deployment.kubernetes.io/max-replicas': '11',
          [REVISION]: '1',
        },
      },
      spec: { replicas: 10, selector: { matchLabels: { app: 'hello-world', 'pod-template-hash': hash } } },
    });
    expect(sim.events('Deployment')).toEqual([
      `ScalingReplicaSet Scaled up replica set hello-deploy-${hash} from 0 to 10`,
    ]);
    expect(status()).toMatchObject({
      replicas: 10,
      updatedReplicas: 10,
      readyReplicas: 10,
      unavailableReplicas: 10,
    });
    expect(sim.condition(NAME, 'Available')).toBe(
      'False MinimumReplicasUnavailable Deployment does not have minimum availability.',
    );
    expect(sim.condition(NAME, 'Progressing')).toBe(
      `True ReplicaSetUpdated ReplicaSet "hello-deploy-${hash}" is progressing.`,
    );
  });

  it('is complete when all Pods were ready for minReadySeconds', async () => {
    await deployed();
    const name = sim.replicaSets()[0]?.metadata.name;
    expect(status()).toEqual({
      observedGeneration: 1,
      replicas: 10,
      updatedReplicas: 10,
      readyReplicas: 10,
      availableReplicas: 10,
      terminatingReplicas: 0,
      conditions: [
        expect.objectContaining({ type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable' }),
        expect.objectContaining({
          type: 'Progressing',
          status: 'True',
          reason: 'NewReplicaSetAvailable',
          message: `ReplicaSet "${name}" has successfully progressed.`,
        }),
      ],
    });
    expect(revision(sim.deployment(NAME))).toBe('1');
  });

  it('rolls a new image out within maxSurge and maxUnavailable at every moment, in the steps of Kubernetes', async () => {
    await deployed();
    await sim.setImage(NAME, 'nginx:alpine');
    const counts = () => {
      const pods = sim.client.list('pods', 'default');
      const active = pods.filter(isActive);
      return {
        total: active.length,
        available: active.filter((pod) => (availableAt(pod, 10) ?? Infinity) <= sim.clock.now()).length,
      };
    };
    await sim.advance(70_000, () => {
      expect(counts().total).toBeLessThanOrEqual(11);
      expect(counts().available).toBeGreaterThanOrEqual(9);
    });
    const [old, fresh] = sim.replicaSets().map(({ metadata }) => metadata.name);
    // The steps of the recorded rollout, of which events 10 and up read `(combined from similar events)`.
    expect(sim.events('Deployment').slice(1, 8)).toEqual([
      `ScalingReplicaSet Scaled up replica set ${fresh} from 0 to 1`,
      `ScalingReplicaSet Scaled down replica set ${old} from 10 to 9`,
      `ScalingReplicaSet Scaled up replica set ${fresh} from 1 to 2`,
      `ScalingReplicaSet Scaled down replica set ${old} from 9 to 7`,
      `ScalingReplicaSet Scaled up replica set ${fresh} from 2 to 4`,
      `ScalingReplicaSet Scaled down replica set ${old} from 7 to 5`,
      `ScalingReplicaSet Scaled up replica set ${fresh} from 4 to 6`,
    ]);
    expect(sizes()).toEqual([0, 10]);
    expect(sim.replicaSets().map(revision)).toEqual(['1', '2']);
    expect(revision(sim.deployment(NAME))).toBe('2');
    expect(sim.condition(NAME, 'Progressing')).toContain('True NewReplicaSetAvailable');
  });

  it('shows two new Pods and nine old ones right after a change of the image', async () => {
    await deployed();
    await sim.setImage(NAME, 'nginx:alpine');
    await sim.advance(600);
    expect(sizes()).toEqual([9, 2]);
    expect(status()).toMatchObject({
      replicas: 11,
      updatedReplicas: 2,
      readyReplicas: 11,
      availableReplicas: 9,
    });
  });

  it('rolls back onto the ReplicaSet that it has, with a new revision', async () => {
    await deployed();
    const names = () => sim.replicaSets().map(({ metadata }) => metadata.name);
    await sim.setImage(NAME, 'nginx:alpine');
    await sim.advance(70_000);
    const before = names();
    // kubectl rollout undo sends the template of the old ReplicaSet, without its hash.
    await sim.setImage(NAME, 'nginx:1.14.0-alpine');
    await sim.advance(1_000);
    expect(names()).toEqual(before);
    expect(sizes()).toEqual([2, 9]);
    expect(sim.replicaSets()[0]?.metadata.annotations).toMatchObject({
      [REVISION]: '3',
      'deployment.kubernetes.io/revision-history': '1',
      'deployment.kubernetes.io/desired-replicas': '10',
      'deployment.kubernetes.io/max-replicas': '11',
    });
    expect(revision(sim.deployment(NAME))).toBe('3');
    await sim.advance(70_000);
    expect(sizes()).toEqual([10, 0]);
  });

  it('goes on after a change in the middle of a rollout, and never exceeds its bounds', async () => {
    await deployed();
    await sim.setImage(NAME, 'nginx:alpine');
    await sim.advance(25_000);
    await sim.setImage(NAME, 'busybox:1.36');
    await sim.advance(90_000, () => {
      expect(sim.client.list('pods').filter(isActive).length).toBeLessThanOrEqual(11);
    });
    expect(sizes()).toEqual([0, 0, 10]);
  });

  it('scales a settled Deployment at once', async () => {
    await deployed();
    await sim.change(NAME, { replicas: 3 });
    await sim.advance(1_000);
    expect(sizes()).toEqual([3]);
    expect(status()).toMatchObject({ replicas: 3, availableReplicas: 3 });
    const name = sim.replicaSets()[0]?.metadata.name;
    expect(sim.events('Deployment').at(-1)).toBe(
      `ScalingReplicaSet Scaled down replica set ${name} from 10 to 3`,
    );
    await sim.change(NAME, { replicas: 0 });
    await sim.advance(1_000);
    expect(status()).toEqual(expect.objectContaining({ observedGeneration: 3, terminatingReplicas: 0 }));
    expect(sim.client.list('pods')).toEqual([]);
  });

  it('does not move a rollout on while paused, but scales it in proportion', async () => {
    await deployed({
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2, maxSurge: 3 } },
    });
    await sim.setImage(NAME, 'nginx:alpine');
    await sim.advance(600);
    await sim.change(NAME, { paused: true });
    const before = sizes();
    expect(before).toEqual([8, 5]);
    expect(sim.condition(NAME, 'Progressing')).toBe('Unknown DeploymentPaused Deployment is paused');
    await sim.advance(30_000);
    expect(sizes()).toEqual(before);
    await sim.change(NAME, { replicas: 15 });
    await sim.advance(1_000);
    // Kubernetes' own example: 8 and 5 of 13 become 11 and 7 of 18.
    expect(sizes()).toEqual([11, 7]);
    await sim.change(NAME, { paused: false });
    expect(
      sim.client.writes.some(({ object }) => JSON.stringify(object).includes('Deployment is resumed')),
    ).toBe(true);
    await sim.advance(60_000);
    expect(sizes()).toEqual([0, 15]);
  });

  it('reports a rollout that stands still for longer than its deadline', async () => {
    await deployed({ progressDeadlineSeconds: 60 });
    sim.works = () => false;
    await sim.setImage(NAME, 'nginx:none');
    await sim.advance(65_000);
    const name = sim.replicaSets()[1]?.metadata.name;
    expect(sim.condition(NAME, 'Progressing')).toBe(
      `False ProgressDeadlineExceeded ReplicaSet "${name}" has timed out progressing.`,
    );
    expect(sim.condition(NAME, 'Available')).toContain('True');
    sim.works = () => true;
    await sim.setImage(NAME, 'nginx:alpine');
    await sim.advance(90_000);
    expect(sim.condition(NAME, 'Progressing')).toContain('True NewReplicaSetAvailable');
  });

  it('ends all old Pods before it starts new ones with strategy Recreate', async () => {
    await deployed({ strategy: { type: 'Recreate' } });
    sim.stopMs = 2_000;
    await sim.setImage(NAME, 'nginx:alpine');
    await sim.advance(1_000);
    expect(sim.client.list('pods').filter(isTerminating)).toHaveLength(10);
    expect(sizes()).toEqual([0]);
    await sim.advance(15_000);
    expect(sizes()).toEqual([0, 10]);
    expect(sim.client.list('pods').filter(isActive)).toHaveLength(10);
  });

  it('keeps revisionHistoryLimit old ReplicaSets', async () => {
    await deployed({ revisionHistoryLimit: 1, minReadySeconds: 0, replicas: 2 });
    for (const image of ['a', 'b', 'c']) {
      await sim.setImage(NAME, image);
      await sim.advance(5_000);
    }
    expect(sim.replicaSets().map(revision)).toEqual(['3', '4']);
  });

  it('takes another name when another template has its hash', async () => {
    await sim.client.create('deployments', helloDeploy());
    await sim.advance(1_000);
    const [own] = sim.replicaSets();
    const other = {
      ...own!,
      spec: { ...own!.spec!, template: { metadata: own!.metadata, spec: { containers: [] } } },
    };
    await sim.client.update('replicasets', other);
    await sim.advance(2_000);
    expect(status()?.collisionCount).toBe(1);
    expect(sim.replicaSets()).toHaveLength(2);
  });

  it('tells what creating a ReplicaSet failed with', async () => {
    sim.client.refuse = ({ verb, resource }) =>
      verb === 'create' && resource === 'replicasets' ? new Error('no') : undefined;
    await sim.client.create('deployments', helloDeploy());
    await sim.advance(100);
    expect(sim.condition(NAME, 'Progressing')).toMatch(
      /^False ReplicaSetCreateError Failed to create new replica set "hello-deploy-\w+": no$/,
    );
  });

  it('copies a change of annotations to the ReplicaSet without a new revision', async () => {
    await deployed();
    const current = sim.deployment(NAME);
    const annotations = { ...current.metadata.annotations, 'kubernetes.io/change-cause': 'first' };
    await sim.client.update('deployments', { ...current, metadata: { ...current.metadata, annotations } });
    await sim.client.settled();
    expect(sim.replicaSets()[0]?.metadata.annotations).toMatchObject({
      'kubernetes.io/change-cause': 'first',
      [REVISION]: '1',
    });
  });
});
