/** `chain(a, b, c)`: steps one after another, each given the result of the one before. */
import { type AnySignature, bindSignature, chainData, InvalidSignatureError, isSignature } from "@umbel/core";
import type { ChainOf, Steps } from "./types.ts";

/**
 * Makes a chain. Its result is the last step's; its first step takes the arguments of the call. A group that another
 * step follows becomes the header of a chord.
 * @throws InvalidSignatureError without steps, or for something that is no signature
 */
export function chain<S extends readonly AnySignature[]>(...steps: Steps<S>): ChainOf<S> {
  const signatures: readonly unknown[] = steps;
  const data = chainData(
    signatures.map((step, position) => signatureOf(step, `step ${position + 1} of the chain`).data),
  );
  // The type is what the steps' own types say; at run time there is one class of signatures.
  return bindSignature(data, appOf(signatures)) as ChainOf<S>;
}

/** Gives a part of a composite as a signature. @throws InvalidSignatureError for anything else */
export function signatureOf(part: unknown, what: string): AnySignature {
  if (isSignature(part)) return part;
  const hint = typeof part === "function" ? "; write `task.s(...)` instead of the task" : "";
  throw new InvalidSignatureError(`${what} is no signature${hint}`);
}

/** The app of the first part that has one. */
export function appOf(parts: readonly unknown[]): AnySignature["app"] {
  for (const part of parts) if (isSignature(part) && part.app !== undefined) return part.app;
  return undefined;
}
