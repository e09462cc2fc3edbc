/** Descriptions by type and field; the type's own stands under `''`. */
export type Docs = Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;

/**
 * All descriptions: the generated ones, and those of fields that hold another type, which the generated ones have lost (`reference-docs.json`,
 * from the comments of Kubernetes' Go types). Loaded only where a person asks: they are large.
 */
export async function loadDocs(): Promise<Docs> {
  const [{ default: generated }, { default: references }] = await Promise.all([
    import('#api/gen/docs.json', { with: { type: 'json' } }),
    import('./reference-docs.json', { with: { type: 'json' } }),
  ]);
  const types = Object.entries<Readonly<Record<string, string>>>(generated);
  return Object.fromEntries(
    types.map(([type, fields]) => [type, { ...fields, ...(references as Docs)[type] }]),
  );
}
