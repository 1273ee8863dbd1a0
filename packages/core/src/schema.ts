/**
 * Standard Schema (zod, valibot, arktype and others) for a task's arguments and result. One rule: what a schema changes or
 * fills in reaches the function; the sender only checks, so what is sent is what was given.
 */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { ParameterList } from "./parameters.ts";

/** A schema, of whatever library. */
export type Schema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>;

/** What a schema takes. */
export type SchemaInput<S extends Schema> = StandardSchemaV1.InferInput<S>;

/** What a schema makes of it. */
export type SchemaOutput<S extends Schema> = StandardSchemaV1.InferOutput<S>;

/**
 * Checks arguments for the sender of a call. A schema that can only tell later is left to the worker.
 * @param bound as the function is to get them
 * @throws TypeError that names each wrong argument
 */
export function checkArguments(
  task: string,
  schema: Schema<unknown, unknown>,
  list: ParameterList,
  bound: readonly unknown[],
): void {
  const checked = schema["~standard"].validate(valuesByName(list, bound));
  if (checked instanceof Promise) {
    // It is asked again where its answer can be waited for.
    checked.catch(() => undefined);
    return;
  }
  requireValid(`task "${task}"`, checked);
}

/** Checks arguments for a worker, and gives what the schema makes of them. @throws TypeError as `checkArguments` */
export function convertArguments(
  task: string,
  schema: Schema<unknown, unknown>,
  list: ParameterList,
  bound: readonly unknown[],
): Eventually<readonly unknown[]> {
  return then(schema["~standard"].validate(valuesByName(list, bound)), (checked) => {
    const values = requireValid(`task "${task}"`, checked);
    if (typeof values === "object" && values !== null) return boundFromValues(list, values as Record<string, unknown>);
    throw new TypeError(`task "${task}": its schema must give an object with an entry for each parameter`);
  });
}

/** Checks what a task returns, and gives what the schema makes of it. @throws TypeError */
export function checkResult(task: string, schema: Schema<unknown, unknown>, value: unknown): unknown {
  return then(schema["~standard"].validate(value), (checked) => requireValid(`the result of task "${task}"`, checked));
}

/** What is there, or will be: most schemas answer at once, and a direct call of theirs is one. */
type Eventually<Value> = Value | Promise<Value>;

/** Goes on with a value, at once if it is there. */
export function then<Value, Next>(
  value: Eventually<Value>,
  next: (value: Value) => Next,
): Eventually<Awaited<Next>> | Next {
  return value instanceof Promise ? (value.then(next) as Promise<Awaited<Next>>) : next(value);
}

function requireValid(what: string, checked: StandardSchemaV1.Result<unknown>): unknown {
  if (checked.issues === undefined) return checked.value;
  const problems = checked.issues.map(({ path = [], message }) => {
    const place = path.map((step) => String(typeof step === "object" ? step.key : step)).join(".");
    return place === "" ? message : `\`${place}\`: ${message}`;
  });
  // Libraries differ in the order of what they find.
  throw new TypeError(`${what}: ${problems.sort().join("; ")}`);
}

/** The arguments of a function as one object; what goes by name only is in the last of them. */
function valuesByName({ parameters }: ParameterList, bound: readonly unknown[]): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  let position = 0;
  for (const { name, kind } of parameters) {
    if (kind === "named" || kind === "kwargs") continue;
    if (bound[position] !== undefined) values[name] = bound[position];
    position += 1;
  }
  return { ...values, ...(bound[position] as object | undefined) };
}

function boundFromValues({ parameters }: ParameterList, values: Record<string, unknown>): unknown[] {
  const bound: unknown[] = [];
  const rest = { ...values };
  for (const { name, kind } of parameters) {
    if (kind === "named" || kind === "kwargs") continue;
    bound.push(values[name]);
    delete rest[name];
  }
  const byNameOnly = parameters.some(({ kind }) => kind === "named" || kind === "kwargs");
  return byNameOnly ? [...bound, rest] : bound;
}
