/** Looking into a canvas in Celery's JSON, without giving it a meaning. */
import { isRecord } from "./case.ts";

/** A signature as Celery writes it. */
export interface CelerySignature {
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Gives every signature in a canvas, however deep: steps, members, links, and those that are arguments. */
export function signaturesIn(canvas: unknown): CelerySignature[] {
  const found: CelerySignature[] = [];
  const open: unknown[] = [canvas];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== "object" || value === null) continue;
    const signature = asSignature(value);
    if (signature !== undefined) found.push(signature);
    for (const held of Object.values(value)) open.push(held);
  }
  return found;
}

function asSignature(value: object): CelerySignature | undefined {
  if (!isRecord(value) || typeof value.task !== "string") return undefined;
  return {
    task: value.task,
    args: Array.isArray(value.args) ? value.args : [],
    kwargs: isRecord(value.kwargs) ? value.kwargs : {},
    options: isRecord(value.options) ? value.options : {},
  };
}

/** Gives the task ids that a canvas was given, which stand in answers as they are. */
export function givenIds(canvas: unknown): ReadonlySet<string> {
  return new Set(
    signaturesIn(canvas).flatMap(({ options }) => (typeof options.task_id === "string" ? [options.task_id] : [])),
  );
}

/** Gives the keys that a canvas may record under. */
export function recordKeys(canvas: unknown): ReadonlySet<string> {
  return new Set(signaturesIn(canvas).flatMap(({ kwargs }) => (typeof kwargs.key === "string" ? [kwargs.key] : [])));
}
