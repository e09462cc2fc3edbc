import type { ServiceAccountTokens } from '../../authentication/service-account-tokens.ts';
import type { Client } from '../../client.ts';
import type { Kinds } from '#api/resources.ts';
import type { ControllerContext, Running } from '../context.ts';
import { runController } from '../controller.ts';
import { same } from '../equality.ts';
import { keyOf, splitKey } from '../keys.ts';

type Secret = Kinds['secrets'];
type Account = Kinds['serviceaccounts'];

export type LegacyTokens = Pick<ServiceAccountTokens, 'issueLegacy'>;

const TYPE = 'kubernetes.io/service-account-token';
const ACCOUNT_NAME = 'kubernetes.io/service-account.name';
const ACCOUNT_UID = 'kubernetes.io/service-account.uid';

/**
 * Fills Secrets that ask for a ServiceAccount's token, and removes those whose account is gone
 * (`pkg/controller/serviceaccount/tokens_controller.go`).
 */
export function startTokenSecretsController({ client, clock, log, options }: ControllerContext): Running {
  const { tokens, caCert } = options;
  const controller = runController({
    name: 'serviceaccount-token',
    clock,
    log,
    sync: (key) => syncSecret(client, tokens, caCert, key),
  });
  const enqueue = (secret: Secret): void => {
    if (secret.type === TYPE) controller.enqueue(keyOf(secret));
  };
  const enqueueSecretsOf = ({ metadata: { namespace = '', name } }: Account): void => {
    for (const secret of client.list('secrets', namespace)) {
      if (secret.metadata.annotations?.[ACCOUNT_NAME] === name) enqueue(secret);
    }
  };
  const unwatch = [
    client.watch('secrets', { added: enqueue, updated: (_, secret) => enqueue(secret) }),
    client.watch('serviceaccounts', { deleted: enqueueSecretsOf }),
  ];
  return {
    async stop() {
      for (const end of unwatch) end();
      await controller.stop();
    },
  };
}

async function syncSecret(client: Client, tokens: LegacyTokens, caCert: string, key: string): Promise<void> {
  const { namespace, name } = splitKey(key);
  const secret = client.get('secrets', namespace, name);
  if (secret?.type !== TYPE || secret.metadata.deletionTimestamp !== undefined) return;
  const { metadata } = secret;
  const account = accountOf(client, secret);
  if (account === undefined) {
    const { uid, resourceVersion } = metadata;
    await client.delete('secrets', namespace, name, { uid, resourceVersion });
    return;
  }
  const token = secret.data?.['token'] ?? base64(await tokens.issueLegacy(namespace, account.metadata, name));
  const data = { ...secret.data, token, 'ca.crt': base64(caCert), namespace: base64(namespace) };
  const annotations = { ...metadata.annotations, [ACCOUNT_UID]: account.metadata.uid };
  if (same(data, secret.data) && same(annotations, metadata.annotations)) return;
  await client.update('secrets', { ...secret, metadata: { ...metadata, annotations }, data });
}

/** undefined when the account that the Secret names is not there, or is another than the one that it was made for. */
function accountOf(client: Client, { metadata }: Secret): Account | undefined {
  const { [ACCOUNT_NAME]: name = '', [ACCOUNT_UID]: uid } = metadata.annotations ?? {};
  const account = client.get('serviceaccounts', metadata.namespace ?? '', name);
  return uid === undefined || uid === account?.metadata.uid ? account : undefined;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
