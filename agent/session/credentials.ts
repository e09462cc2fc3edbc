import * as grpc from '@grpc/grpc-js';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#api/clock.ts';
import { joinProof } from '#api/join-proof.ts';
import type { JoinRequest } from '#proto/gen/podlab/v1/JoinRequest.ts';
import type { JoinResponse__Output } from '#proto/gen/podlab/v1/JoinResponse.ts';
import { nodeProto } from '#proto/load.ts';
import { readCa, SERVER_NAME } from './control-plane-ca.ts';
import { createKeyAndCsr } from './csr.ts';

/** A node's identity: PEM each. */
export interface NodeCredentials {
  readonly rootCa: string;
  readonly key: string;
  readonly cert: string;
}

/** Keeps a node's credentials in a directory and gets them with the join token. */
export interface CredentialStore {
  /** The kept credentials, or new ones from `Bootstrap.Join`. Rejects with grpc's error when joining fails. */
  get(): Promise<NodeCredentials>;
  /** The control plane refused the kept ones: the next `get` joins again. */
  forget(): Promise<void>;
}

export interface CredentialOptions {
  /** `host:port` of the control plane's gRPC. */
  readonly address: string;
  readonly joinToken: string;
  readonly nodeName: string;
  /** Made if it does not exist. */
  readonly dir: string;
  readonly clock: Clock;
}

const FILE = 'identity.json';
const JOIN_TIMEOUT = 10_000;
const RENEW_BEFORE = 30 * 24 * 3600_000;

export function createCredentialStore(options: CredentialOptions): CredentialStore {
  const path = join(options.dir, FILE);
  let kept: NodeCredentials | undefined;
  return {
    async get() {
      kept ??= await read(path, options);
      if (kept === undefined) {
        kept = await joinCluster(options);
        await write(options.dir, path, kept);
      }
      return kept;
    },
    async forget() {
      kept = undefined;
      await rm(path, { force: true });
    },
  };
}

/** undefined when there is nothing that can be used. */
async function read(path: string, options: CredentialOptions): Promise<NodeCredentials | undefined> {
  try {
    const { rootCa, key, cert } = JSON.parse(await readFile(path, 'utf8')) as NodeCredentials;
    const parsed = new X509Certificate(cert);
    const usable =
      parsed.subject.split('\n').includes(`CN=system:node:${options.nodeName}`) &&
      parsed.checkPrivateKey(createPrivateKey(key)) &&
      parsed.verify(new X509Certificate(rootCa).publicKey) &&
      Date.parse(parsed.validTo) - options.clock.now() > RENEW_BEFORE;
    return usable ? { rootCa, key, cert } : undefined;
  } catch {
    return undefined;
  }
}

async function write(dir: string, path: string, credentials: NodeCredentials): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify(credentials));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

async function joinCluster(options: CredentialOptions): Promise<NodeCredentials> {
  const { address, joinToken, nodeName } = options;
  const { key, csr } = createKeyAndCsr(`system:node:${nodeName}`);
  const rootCa = await readCa(address, JOIN_TIMEOUT);
  const about = { caPem: rootCa, nodeName, csrPem: csr };
  const answer = await callJoin(address, rootCa, {
    nodeName,
    csrPem: Buffer.from(csr),
    proof: joinProof(joinToken, 'agent', about),
  });
  if (!answer.proof.equals(joinProof(joinToken, 'control plane', about)))
    throw new Error(
      `whoever answers at ${address} does not know the join token: not the control plane of this cluster`,
    );
  return { rootCa, key, cert: answer.certificatePem.toString() };
}

async function callJoin(
  address: string,
  rootCa: string,
  request: JoinRequest,
): Promise<JoinResponse__Output> {
  const client = new nodeProto.Bootstrap(address, grpc.credentials.createSsl(Buffer.from(rootCa)), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.ssl_target_name_override': SERVER_NAME,
  });
  try {
    return await new Promise((resolve, reject) => {
      client.join(request, { deadline: Date.now() + JOIN_TIMEOUT }, (error, answer) => {
        if (answer === undefined) reject(error ?? new Error('no answer'));
        else resolve(answer);
      });
    });
  } finally {
    client.close();
  }
}
