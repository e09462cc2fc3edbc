import type { KubeObject, Resource } from '#api/resources.ts';
import { printerOf } from './printers.ts';
import type { Cell, Column, Printer, RowCondition } from './table.ts';

/** Of each row's object: nothing, its metadata, or all of it. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** metav1.Table. */
export interface Table {
  readonly kind: 'Table';
  readonly apiVersion: string;
  readonly metadata: ListMeta;
  readonly columnDefinitions: readonly Column[] | null;
  readonly rows: readonly Row[];
}

interface Row {
  readonly cells: readonly Cell[];
  readonly conditions?: readonly RowCondition[];
  readonly object?: unknown;
}

export interface ListMeta {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

export interface TableOptions {
  /** `v1` or `v1beta1`. */
  readonly version: string;
  readonly includeObject: IncludeObject;
  /** Without the columns, as in every watch event but the first. */
  readonly noHeaders: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The objects as the table that `kubectl get` prints. */
export function buildTable(
  resource: Resource,
  objects: readonly KubeObject[],
  metadata: ListMeta,
  options: TableOptions,
): Table {
  const printer = printerOf(resource);
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata,
    columnDefinitions: options.noHeaders ? null : printer.columns,
    rows: objects.map((object) => buildRow(printer, object, options)),
  };
}

function buildRow(printer: Printer<KubeObject>, object: KubeObject, options: TableOptions): Row {
  const conditions = printer.conditions?.(object) ?? [];
  return {
    cells: printer.cells(object, options.now),
    ...(conditions.length === 0 ? {} : { conditions }),
    ...includedObject(object, options),
  };
}

function includedObject(object: KubeObject, { includeObject, version }: TableOptions): { object?: unknown } {
  switch (includeObject) {
    case 'None':
      return {};
    case 'Metadata':
      return { object: partialMetadata(object, version) };
    case 'Object':
      return { object };
  }
}

/** metav1.PartialObjectMetadata. */
export const partialMetadata = (object: KubeObject, version: string): object => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${version}`,
  metadata: object.metadata,
});
