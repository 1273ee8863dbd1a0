/** A promise with its two ends, as Promise.withResolvers gives it from Node 22 on. */
export interface Deferred<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (reason: unknown) => void;
}

/** Makes one. */
export function deferred<Value>(): Deferred<Value> {
  let ends: Omit<Deferred<Value>, "promise"> | undefined;
  const promise = new Promise<Value>((resolve, reject) => {
    ends = { resolve, reject };
  });
  if (ends === undefined) throw new Error("a promise's executor runs at once");
  return { promise, ...ends };
}
