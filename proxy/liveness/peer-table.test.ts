import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Beat } from './beat.ts';
import type { KernelLook } from './marker.ts';
import { INTERVAL, PeerTable, type Verdict } from './peer-table.ts';

interface Node {
  readonly name: string;
  readonly table: PeerTable;
  runs: boolean;
  /** What a look at its kernel finds. */
  kernel: KernelLook;
  unattended: boolean;
}

/** Nodes that send each other beats, in time that is moved by hand. */
class Network {
  readonly nodes: Node[];
  /** `from to`: beats that way are lost. */
  readonly cuts = new Set<string>();
  now = 1_000_000;
  #lives = 1n;

  constructor(names: readonly string[]) {
    this.nodes = names.map((name) => this.#start(name));
  }

  node(name: string): Node {
    return this.nodes.find((one) => one.name === name)!;
  }

  verdict(of: string, by: string): Verdict {
    return this.node(by).table.verdict(of);
  }

  restart(name: string): void {
    this.nodes[this.nodes.indexOf(this.node(name))] = this.#start(name);
  }

  /** Lets that many milliseconds pass. `beats`, if given, hears of every beat that was sent. */
  pass(milliseconds: number, beats?: (beat: Beat) => void): void {
    for (const end = this.now + milliseconds; this.now < end; this.now += INTERVAL) {
      for (const node of this.nodes.filter((one) => one.runs)) this.#tick(node, beats);
    }
  }

  #start(name: string): Node {
    return { name, table: new PeerTable(this.#lives++), runs: true, kernel: 'unmarked', unattended: false };
  }

  #tick(node: Node, beats?: (beat: Beat) => void): void {
    const others = this.nodes.filter((one) => one !== node);
    const { look } = node.table.tick(this.now, new Set(others.map(({ name }) => name)));
    for (const name of look) node.table.looked(name, this.node(name).kernel, this.now);
    for (const other of others) {
      const told = node.table.toTell(other.name, this.now);
      const beat = { ...told, from: node.name, to: other.name, carries: true, unattended: node.unattended };
      beats?.(beat);
      if (other.runs && !this.cuts.has(`${node.name} ${other.name}`)) other.table.hear(beat, this.now);
    }
  }
}

const three = (): Network => {
  const network = new Network(['a', 'b', 'c']);
  network.pass(1500);
  return network;
};

describe('a node', () => {
  test('that was never heard is left to the control plane', () => {
    const network = new Network(['a', 'b']);
    network.node('b').runs = false;
    network.pass(10_000);
    expect(network.verdict('b', 'a')).toBe('unknown');
  });

  test('is alive soon after both have started', () => {
    const network = new Network(['a', 'b']);
    network.pass(1000);
    expect([network.verdict('b', 'a'), network.verdict('a', 'b')]).toEqual(['alive', 'alive']);
  });

  test('is dead little more than a second after its last beat', () => {
    const network = three();
    Object.assign(network.node('b'), { runs: false, kernel: 'silent' });
    network.pass(750);
    expect(network.verdict('b', 'a')).toBe('alive');
    network.pass(750);
    expect([network.verdict('b', 'a'), network.verdict('b', 'c')]).toEqual(['dead', 'dead']);
  });

  test('lives again when it is heard again, after a freeze or a new start', () => {
    const network = three();
    Object.assign(network.node('b'), { runs: false, kernel: 'silent' });
    network.pass(3000);
    network.node('b').runs = true;
    network.pass(1000);
    expect(network.verdict('b', 'a')).toBe('alive');
    network.node('b').runs = false;
    network.pass(3000);
    network.restart('b');
    network.pass(1000);
    expect([network.verdict('b', 'a'), network.verdict('a', 'b')]).toEqual(['alive', 'alive']);
  });

  test('that did not run itself blames nobody for it', () => {
    const network = three();
    network.node('a').runs = false;
    network.pass(20_000);
    network.node('a').runs = true;
    const { table } = network.node('a');
    const { late } = table.tick(network.now, new Set(['b', 'c']));
    expect(late).toBeGreaterThan(19_000);
    expect([table.verdict('b'), table.verdict('c')]).toEqual(['alive', 'alive']);
  });

  test('whose kernel carries on without its process is unattended, until that ends too', () => {
    const network = three();
    const node = network.node('b');
    Object.assign(node, { unattended: true, kernel: 'marked' });
    network.pass(500);
    node.runs = false;
    network.pass(5000);
    expect(network.verdict('b', 'a')).toBe('unattended');
    node.kernel = 'silent';
    network.pass(1000);
    expect(network.verdict('b', 'a')).toBe('dead');
  });

  test('is gone with what runs there when its kernel is silent, and not when only its process is away', () => {
    const network = three();
    const gone = (): boolean[] => ['a', 'c'].map((by) => network.node(by).table.isGone('b'));
    const node = network.node('b');
    node.runs = false;
    network.pass(2000);
    expect([network.verdict('b', 'a'), ...gone()]).toEqual(['dead', false, false]);
    node.kernel = 'silent';
    network.pass(1000);
    expect(gone()).toEqual([true, true]);
    Object.assign(node, { runs: true, kernel: 'unmarked' });
    network.pass(1000);
    expect(gone()).toEqual([false, false]);
  });

  test('is gone when its kernel was started anew, which has lost its mark', () => {
    const network = three();
    const node = network.node('b');
    Object.assign(node, { unattended: true, kernel: 'marked' });
    network.pass(500);
    Object.assign(node, { runs: false, kernel: 'unmarked' });
    network.pass(2000);
    expect([network.verdict('b', 'a'), network.node('a').table.isGone('b')]).toEqual(['dead', true]);
  });

  test('that hears nobody takes all others for dead', () => {
    const network = three();
    for (const name of ['b', 'c']) Object.assign(network.node(name), { runs: false, kernel: 'silent' });
    network.pass(1500);
    expect([network.verdict('b', 'a'), network.verdict('c', 'a')]).toEqual(['dead', 'dead']);
  });

  test('that is gone from the cluster is forgotten', () => {
    const network = three();
    network.node('a').table.tick(network.now, new Set(['c']));
    expect(network.verdict('b', 'a')).toBe('unknown');
  });
});

describe('a cut', () => {
  test('between two nodes kills neither, as long as a third one hears both', () => {
    const network = three();
    for (const cut of ['a b', 'b a']) network.cuts.add(cut);
    network.pass(10_000);
    expect([network.verdict('b', 'a'), network.verdict('a', 'b')]).toEqual(['alive', 'alive']);
  });

  test('in one direction is seen from both ends', () => {
    const network = new Network(['a', 'b']);
    network.pass(1500);
    network.cuts.add('a b');
    network.pass(5000);
    expect([network.verdict('b', 'a'), network.verdict('a', 'b')]).toEqual(['dead', 'dead']);
    network.cuts.clear();
    network.pass(1000);
    expect([network.verdict('b', 'a'), network.verdict('a', 'b')]).toEqual(['alive', 'alive']);
  });
});

test('beats that are sent again bring nobody back to life', () => {
  const network = three();
  const old: Beat[] = [];
  network.pass(2000, (beat) => old.push(beat));
  Object.assign(network.node('b'), { runs: false, kernel: 'silent' });
  network.pass(5000);
  const { table } = network.node('a');
  for (const beat of old.filter(({ from, to }) => from === 'b' && to === 'a')) table.hear(beat, network.now);
  expect(table.verdict('b')).toBe('dead');
});

test('nobody who runs and is reached is ever taken for dead, however late processes are', () => {
  const pauses = fc.array(fc.record({ who: fc.nat(2), steps: fc.integer({ min: 1, max: 3 }) }), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(pauses, (list) => {
      const network = three();
      for (const { who, steps } of list) {
        const node = network.nodes[who]!;
        node.runs = false;
        network.pass(steps * INTERVAL);
        node.runs = true;
        network.pass(2 * INTERVAL);
        for (const by of network.nodes)
          for (const of of network.nodes) if (of !== by) expect(by.table.verdict(of.name)).toBe('alive');
      }
    }),
    { numRuns: 50 },
  );
});
