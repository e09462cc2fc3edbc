import type { Kinds } from '#api/resources.ts';

/** Whether an Ingress names this Service or Secret of its namespace. */
export function referencedBy(
  { spec }: Kinds['ingresses'],
  kind: 'service' | 'secret',
  name: string,
): boolean {
  if (kind === 'secret') return spec?.tls?.some(({ secretName }) => secretName === name) === true;
  if (spec?.defaultBackend?.service?.name === name) return true;
  return (
    spec?.rules?.some(({ http }) => http?.paths?.some(({ backend }) => backend.service?.name === name)) ===
    true
  );
}
