// Original file: proto/podlab/v1/node.proto

export const EndOf = {
  END_OF_UNSPECIFIED: 'END_OF_UNSPECIFIED',
  END_OF_STDIN: 'END_OF_STDIN',
  END_OF_OUTPUT: 'END_OF_OUTPUT',
} as const;

export type EndOf =
  | 'END_OF_UNSPECIFIED'
  | 0
  | 'END_OF_STDIN'
  | 1
  | 'END_OF_OUTPUT'
  | 2

export type EndOf__Output = typeof EndOf[keyof typeof EndOf]
