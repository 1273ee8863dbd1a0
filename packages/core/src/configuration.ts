/** What an object says of settings. One rule: what it holds counts whole, so that a wrong name in it is found. */
import type { SettingValues } from "./conf.ts";

/** Gives what a configuration says: a plain object, an instance, a class with static fields, or a module's namespace. */
export function configurationOf(source: object): SettingValues {
  const values: Record<string, unknown> = {};
  for (const holder of holdersOf(source)) {
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(holder))) {
      const isField = descriptor.enumerable === true || (descriptor.get !== undefined && holder !== source);
      if (isField && name !== "__esModule") values[name] = Reflect.get(source, name);
    }
  }
  const { default: main } = values;
  return (typeof main === "object" || typeof main === "function") && main !== null ? configurationOf(main) : values;
}

/** The object and what it inherits from, the farthest first; not what every object or function has. */
function holdersOf(source: object): readonly object[] {
  const holders: object[] = [];
  for (
    let holder: object | null = source;
    holder !== null && holder !== Object.prototype && holder !== Function.prototype;
    holder = Object.getPrototypeOf(holder) as object | null
  ) {
    holders.unshift(holder);
  }
  return holders;
}
