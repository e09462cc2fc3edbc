/** An expression cannot be compiled; the message has cel-go's form, after `compilation failed: `. */
export class CelCompileError extends Error {}

/** Evaluation ended with an error, worded as cel-go does: `no such key: x`. */
export class CelRuntimeError extends Error {}

/** Evaluation was given up because it had become too expensive. */
export class CelCostError extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded');
  }
}

export const noSuchOverload = (): CelRuntimeError => new CelRuntimeError('no such overload');
