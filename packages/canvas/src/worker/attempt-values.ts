/**
 * What a task gives, as it is stored. One rule: what is too long or no JSON is refused here, where the task's name is
 * known.
 */
import {
  type Content,
  encodeError,
  ResultTooLargeError,
  type StateUpdate,
  TaskRevokedError,
  type WireError,
} from "@umbel/core";
import type { StoredOutcome } from "../store/graph-store.ts";

/**
 * Gives a value as JSON text, in which it may stand packed.
 * @param what such as `the result of task "add"`
 * @throws SerializationError; ResultTooLargeError for one of more than `mostBytes`
 */
export function encodeLimited(content: Content, value: unknown, what: string, mostBytes: number): string {
  const { text, sizeBytes } = content.writeResult(value, what);
  // No character has more than three bytes.
  if (sizeBytes === undefined && text.length * 3 <= mostBytes) return text;
  const bytes = sizeBytes ?? Buffer.byteLength(text);
  if (bytes <= mostBytes) return text;
  throw new ResultTooLargeError(
    `${what} has ${bytes} bytes, more than \`maxResultBytes\` (${mostBytes}); store it elsewhere and return where it is`,
  );
}

/** The outcome of an attempt that throws Ignore after it has given itself a state in which tasks end without a value. */
export function outcomeOfState({ state, meta }: StateUpdate, task: string): StoredOutcome {
  switch (state) {
    case "FAILURE":
      return { kind: "failed", payload: JSON.stringify(errorOfMeta(meta)) };
    case "REVOKED": {
      const error = new TaskRevokedError(typeof meta === "string" ? meta : `task "${task}" revoked itself`);
      return { kind: "revoked", payload: JSON.stringify(encodeError(error)) };
    }
    default:
      return { kind: "ignored" };
  }
}

/** An Error, Celery's `{ exc_type, exc_message }`, our `{ name, message }`, or anything, which then is the message. */
function errorOfMeta(meta: unknown): WireError {
  if (meta instanceof Error) return encodeError(meta);
  if (typeof meta === "object" && meta !== null) {
    const { exc_type, exc_message, name = exc_type, message = exc_message } = meta as Record<string, unknown>;
    const text = Array.isArray(message) ? message.join(", ") : message;
    if (typeof name === "string") return { name, message: typeof text === "string" ? text : "" };
  }
  return encodeError(new Error(typeof meta === "string" ? meta : (JSON.stringify(meta) ?? "the task failed")));
}
