/** The gRPC contracts, loaded in one place. Types: `proto/gen/`, made by `npm run generate`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import * as protoLoader from '@grpc/proto-loader';
import type { ProtoGrpcType as HttpRoutesProto } from './gen/http-routes.ts';
import type { ProtoGrpcType as NetworkPolicyProto } from './gen/network-policy.ts';
import type { ProtoGrpcType as NodeProto } from './gen/node.ts';
import type { ProtoGrpcType as ProxyProto } from './gen/proxy.ts';

/** Beside this file in the source tree; beside the bundle in the image. */
const protoDir = [import.meta.dirname, join(import.meta.dirname, 'proto')].find((dir) =>
  existsSync(join(dir, 'podlab', 'v1', 'node.proto')),
);

/** int64 arrive as numbers, bytes as Buffers, absent scalars as their zero value, a oneof also by its name. */
const options: protoLoader.Options = {
  longs: Number,
  enums: String,
  defaults: true,
  arrays: true,
  oneofs: true,
};

function load(file: string): grpc.GrpcObject {
  if (protoDir === undefined) throw new Error(`no podlab/v1/*.proto beside ${import.meta.dirname}`);
  const definition = protoLoader.loadSync(join('podlab', 'v1', file), {
    ...options,
    includeDirs: [protoDir],
  });
  return grpc.loadPackageDefinition(definition);
}

export const nodeProto = (load('node.proto') as unknown as NodeProto).podlab.v1;
export const proxyProto = (load('proxy.proto') as unknown as ProxyProto).podlab.v1;
export const httpRoutesProto = (load('http-routes.proto') as unknown as HttpRoutesProto).podlab.v1;
export const networkPolicyProto = (load('network-policy.proto') as unknown as NetworkPolicyProto).podlab.v1;
