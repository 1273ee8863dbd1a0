/** The forms in which a task may be defined. One rule: every form comes to a function, its options and a name of its own. */
import { ImproperlyConfigured } from "./errors.ts";
import type { AnyFunction } from "./parameters.ts";
import type { TaskOptions } from "./task-options.ts";

/** What a definition says. */
export interface ReadDefinition {
  readonly fn: AnyFunction;
  readonly options: TaskOptions;
  /** The name of the function or class, "" for none. */
  readonly ownName: string;
}

/**
 * Reads `task(name, fn)`, `task(options, fn)` and `task(fn)`.
 * @param caller for messages, such as `app.task`
 * @throws ImproperlyConfigured where there is no function
 */
export function readDefinition(
  first: string | TaskOptions | AnyFunction,
  second: AnyFunction | undefined,
  caller: string,
): ReadDefinition {
  const fn = typeof first === "function" ? first : second;
  if (typeof fn !== "function") {
    throw new ImproperlyConfigured(`${caller} needs a function: \`${caller}("add", (x, y) => x + y)\``);
  }
  if (/^class\b/.test(Function.prototype.toString.call(fn))) {
    throw new ImproperlyConfigured(
      `${caller} needs a function, and ${fn.name === "" ? "this" : `\`${fn.name}\``} is a class; give it to \`app.registerTask\``,
    );
  }
  const options = typeof first === "string" ? { name: first } : typeof first === "function" ? {} : first;
  return { fn, options, ownName: fn.name };
}

/** Gives the name of a function or class. @throws ImproperlyConfigured when it has none */
export function requireName(ownName: string): string {
  if (ownName !== "") return ownName;
  throw new ImproperlyConfigured('this task has no name: name its function, or write `app.task("name", fn)`');
}
