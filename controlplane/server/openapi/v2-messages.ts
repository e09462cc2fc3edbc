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

/** Encodes a document given as a plain object with the messages' field names. */
export function encodeDocument(document: object): Buffer {
  const type = messages.lookupType('Document');
  return Buffer.from(type.encode(type.fromObject(document)).finish());
}
