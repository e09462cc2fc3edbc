import { addQuantities } from '#api/quantity.ts';
import type { KubeObject } from '#api/resources.ts';
import { type Column, column, NAME, type Printer } from './table.ts';

interface Metrics extends KubeObject {
  readonly window: string;
  readonly usage?: Usage;
  readonly containers?: readonly { readonly usage: Usage }[];
}

interface Usage {
  readonly cpu: string;
  readonly memory: string;
}

const quantity = (name: string): Column => ({ ...column(name), format: 'quantity' });

/** Of nodes and Pods, as metrics-server prints them; a Pod's containers are summed. */
export const metricsPrinter: Printer<KubeObject> = {
  columns: [
    { ...NAME, description: 'Name of the resource' },
    quantity('cpu'),
    quantity('memory'),
    { ...column('Window'), format: 'duration' },
  ],
  cells(object) {
    const { metadata, window, usage, containers = [] } = object as Metrics;
    const all = usage === undefined ? containers.map((one) => one.usage) : [usage];
    const sum = (name: keyof Usage): string => all.map((one) => one[name]).reduce(addQuantities);
    return [metadata.name, sum('cpu'), sum('memory'), window];
  },
};
