import type { CustomResourceColumnDefinition, CustomResourceDefinitionVersion } from '#api/gen/types.ts';
import type { KubeObject } from '#api/resources.ts';
import { parseJsonPath } from '../../registry/custom/json-path.ts';
import { since } from './durations.ts';
import { AGE_DESCRIPTION, type Cell, type Column, NAME, type Printer } from './table.ts';

const AGE_COLUMN: CustomResourceColumnDefinition = {
  name: 'Age',
  type: 'date',
  description: AGE_DESCRIPTION,
  jsonPath: '.metadata.creationTimestamp',
};

/** The columns that a definition asks for (apiextensions-apiserver `tableconvertor`); by default, how old objects are. */
export function customPrinter({
  additionalPrinterColumns,
}: CustomResourceDefinitionVersion): Printer<KubeObject> {
  const asked = additionalPrinterColumns ?? [AGE_COLUMN];
  const columns = asked.map(({ name, type, format = '', description = '', priority = 0 }): Column => ({
    name,
    type,
    format,
    description,
    priority,
  }));
  const paths = asked.map(({ type, jsonPath }) => ({ type, find: parseJsonPath(jsonPath) }));
  return {
    columns: [NAME, ...columns],
    cells: (object, now) => [
      object.metadata.name,
      ...paths.map(({ type, find }) => cellOf(type, find?.(object)[0], now)),
    ],
  };
}

/** `cellForJSONValue`: what has another type than the column stays empty. */
function cellOf(type: string, value: unknown, now: number): Cell {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? dateCell(value, now) : null;
    default:
      return typeof value === 'string' ? value : JSON.stringify(value);
  }
}

const dateCell = (value: string, now: number): string =>
  Number.isNaN(Date.parse(value)) ? '<invalid>' : since(value, now);
