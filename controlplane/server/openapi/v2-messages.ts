import protobuf from 'protobufjs';

/**
 * The messages of an OpenAPI v2 document in protobuf, as far as Kubernetes' clients read them (github.com/google/gnostic-models
 * `openapiv2/OpenAPIv2.proto`). Field numbers are facts of the wire.
 */
const messages = protobuf.Root.fromJSON({
  nested: {
    Document: {
      fields: {
        swagger: { type: 'string', id: 1 },
        info: { type: 'Info', id: 2 },
        paths: { type: 'Paths', id: 8 },
        definitions: { type: 'Properties', id: 9 },
      },
    },
    Info: { fields: { title: { type: 'string', id: 1 }, version: { type: 'string', id: 2 } } },
    Paths: { fields: { path: { rule: 'repeated', type: 'NamedPathItem', id: 2 } } },
    NamedPathItem: { fields: { name: { type: 'string', id: 1 }, value: { type: 'PathItem', id: 2 } } },
    PathItem: {
      fields: {
        get: { type: 'Operation', id: 2 },
        put: { type: 'Operation', id: 3 },
        post: { type: 'Operation', id: 4 },
        delete: { type: 'Operation', id: 5 },
        patch: { type: 'Operation', id: 8 },
      },
    },
    Operation: {
      fields: {
        operationId: { type: 'string', id: 5 },
        produces: { rule: 'repeated', type: 'string', id: 6 },
        consumes: { rule: 'repeated', type: 'string', id: 7 },
        parameters: { rule: 'repeated', type: 'ParametersItem', id: 8 },
        vendorExtension: { rule: 'repeated', type: 'NamedAny', id: 13 },
      },
    },
    ParametersItem: { fields: { parameter: { type: 'Parameter', id: 1 } } },
    Parameter: { fields: { nonBodyParameter: { type: 'NonBodyParameter', id: 2 } } },
    NonBodyParameter: { fields: { query: { type: 'QueryParameter', id: 3 } } },
    QueryParameter: {
      fields: {
        in: { type: 'string', id: 2 },
        name: { type: 'string', id: 4 },
        type: { type: 'string', id: 6 },
      },
    },
    Properties: { fields: { additionalProperties: { rule: 'repeated', type: 'NamedSchema', id: 1 } } },
    NamedSchema: { fields: { name: { type: 'string', id: 1 }, value: { type: 'Schema', id: 2 } } },
    Schema: {
      fields: {
        ref: { type: 'string', id: 1 },
        format: { type: 'string', id: 2 },
        description: { type: 'string', id: 4 },
        required: { rule: 'repeated', type: 'string', id: 19 },
        enum: { rule: 'repeated', type: 'Any', id: 20 },
        additionalProperties: { type: 'AdditionalPropertiesItem', id: 21 },
        type: { type: 'TypeItem', id: 22 },
        items: { type: 'ItemsItem', id: 23 },
        properties: { type: 'Properties', id: 25 },
        vendorExtension: { rule: 'repeated', type: 'NamedAny', id: 31 },
      },
    },
    AdditionalPropertiesItem: { fields: { schema: { type: 'Schema', id: 1 } } },
    TypeItem: { fields: { value: { rule: 'repeated', type: 'string', id: 1 } } },
    ItemsItem: { fields: { schema: { rule: 'repeated', type: 'Schema', id: 1 } } },
    NamedAny: { fields: { name: { type: 'string', id: 1 }, value: { type: 'Any', id: 2 } } },
    /** The value as YAML. */
    Any: { fields: { yaml: { type: 'string', id: 2 } } },
  },
});

export interface NamedSchema {
  readonly name: string;
  readonly value: object;
}

/** Encodes a document piece by piece. What is given are plain objects with the messages' field names. */
export class DocumentEncoder {
  readonly #head: Uint8Array;
  readonly #paths: Uint8Array[] = [];
  readonly #definitions: Uint8Array[] = [];

  constructor(info: { readonly title: string; readonly version: string }) {
    this.#head = encode('Document', { swagger: '2.0', info });
  }

  addPaths(path: readonly object[]): void {
    this.#paths.push(encode('Paths', { path }));
  }

  addDefinitions(additionalProperties: readonly NamedSchema[]): void {
    this.#definitions.push(encode('Properties', { additionalProperties }));
  }

  /** Messages that hold only repeated fields are put together by putting their bytes together. */
  finish(): Buffer {
    const writer = protobuf.Writer.create();
    writer.uint32((8 << 3) | 2).bytes(Buffer.concat(this.#paths));
    writer.uint32((9 << 3) | 2).bytes(Buffer.concat(this.#definitions));
    return Buffer.concat([this.#head, writer.finish()]);
  }
}

function encode(name: string, message: object): Uint8Array {
  const type = messages.lookupType(name);
  return type.encode(type.fromObject(message)).finish();
}
