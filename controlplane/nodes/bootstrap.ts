import * as grpc from '@grpc/grpc-js';
import { timingSafeEqual } from 'node:crypto';
import type { Logger } from 'pino';
import { joinProof } from '#api/join-proof.ts';
import type { BootstrapHandlers } from '#proto/gen/podlab/v1/Bootstrap.ts';
import type { JoinRequest__Output } from '#proto/gen/podlab/v1/JoinRequest.ts';
import type { JoinResponse } from '#proto/gen/podlab/v1/JoinResponse.ts';
import type { Pki } from '../pki/pki.ts';

const MAX_CSR_BYTES = 16 * 1024;
const MAX_NAME_LENGTH = 253;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

class Refusal extends Error {
  readonly code: grpc.status;

  constructor(code: grpc.status, message: string) {
    super(message);
    this.code = code;
  }
}

/** Exchanges a proof of the join token for a client certificate. */
export function createBootstrap(pki: Pki, log: Logger): BootstrapHandlers {
  return {
    Join(call, callback) {
      void respond(pki, log, call, callback);
    },
  };
}

type Join = Parameters<BootstrapHandlers['Join']>;

async function respond(pki: Pki, log: Logger, call: Join[0], reply: Join[1]): Promise<void> {
  const who = { node: call.request.nodeName, peer: call.getPeer() };
  try {
    const response = await join(pki, call.request);
    log.info(who, 'node joined');
    reply(null, response);
  } catch (error) {
    const refused = error instanceof Refusal;
    const details = refused ? error.message : 'the certificate could not be made';
    log.warn({ ...who, err: error }, `node may not join: ${details}`);
    reply({ code: refused ? error.code : grpc.status.INTERNAL, details });
  }
}

async function join(pki: Pki, request: JoinRequest__Output): Promise<JoinResponse> {
  if (request.nodeName.length > MAX_NAME_LENGTH || !DNS_SUBDOMAIN.test(request.nodeName))
    throw new Refusal(grpc.status.INVALID_ARGUMENT, 'the node name must be a lowercase RFC 1123 subdomain');
  if (request.csrPem.length > MAX_CSR_BYTES)
    throw new Refusal(grpc.status.INVALID_ARGUMENT, 'the certificate signing request is too large');
  const about = { caPem: pki.caCert, nodeName: request.nodeName, csrPem: request.csrPem.toString() };
  if (!sameBytes(request.proof, joinProof(pki.joinToken, 'agent', about)))
    throw new Refusal(grpc.status.UNAUTHENTICATED, 'the join token is wrong');
  const certificate = await pki.signNodeCsr(about.csrPem, about.nodeName).catch((cause) => {
    throw new Refusal(
      grpc.status.INVALID_ARGUMENT,
      `the certificate signing request is not valid: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  });
  return {
    certificatePem: Buffer.from(certificate),
    proof: joinProof(pki.joinToken, 'control plane', about),
  };
}

const sameBytes = (one: Buffer, other: Buffer): boolean =>
  one.length === other.length && timingSafeEqual(one, other);
