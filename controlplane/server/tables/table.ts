import type { Kinds, ResourceName } from '#api/resources.ts';

/** null is shown as `<none>`. */
export type Cell = string | number | boolean | null;

/** metav1.TableColumnDefinition. */
export interface Column {
  readonly name: string;
  /** `string`, `integer`, `number`, `boolean` or `date`. */
  readonly type: string;
  /** Of the OpenAPI type; `name` marks the column that identifies an object. */
  readonly format: string;
  readonly description: string;
  /** 1: shown with `-o wide` only. */
  readonly priority: number;
}

/** How objects of one kind are printed, after k8s.io/kubernetes `pkg/printers/internalversion`. */
export interface Printer<T> {
  readonly columns: readonly Column[];
  /** One for each column. `now`: milliseconds since the epoch. */
  cells(object: T, now: number): readonly Cell[];
  /** metav1.TableRowCondition; kubectl greys out completed rows. */
  conditions?(object: T): readonly RowCondition[];
}

export interface RowCondition {
  readonly type: 'Completed';
  readonly status: 'True';
  readonly reason: string;
  readonly message: string;
}

export type Printers = { readonly [R in ResourceName]?: Printer<Kinds[R]> };

const NAME_DESCRIPTION =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names';
export const AGE_DESCRIPTION =
  'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata';

export const column = (name: string, description = '', type: Column['type'] = 'string'): Column => ({
  name,
  type,
  format: '',
  description,
  priority: 0,
});
export const wide = (name: string, description = ''): Column => ({
  ...column(name, description),
  priority: 1,
});

export const NAME: Column = { ...column('Name', NAME_DESCRIPTION), format: 'name' };
export const WIDE_NAME: Column = { ...NAME, priority: 1 };
export const AGE: Column = column('Age', AGE_DESCRIPTION);

export const CONTAINERS: Column = wide('Containers', 'Names of each container in the template.');
export const IMAGES: Column = wide('Images', 'Images referenced by each container in the template.');
