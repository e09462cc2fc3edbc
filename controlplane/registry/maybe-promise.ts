/**
 * A value that is there now, or will be. The write path uses it so that a write that need not wait for anybody (a webhook, another process)
 * is decided and made in one step, while one that must wait does so without holding up others.
 */
export type MaybePromise<T> = T | Promise<T>;

/** `await`, without a wait where none is needed. */
export const andThen = <A, B>(
  value: MaybePromise<A>,
  continueWith: (value: A) => MaybePromise<B>,
): MaybePromise<B> => (value instanceof Promise ? value.then(continueWith) : continueWith(value));
