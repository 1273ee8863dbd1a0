/**
 * An App's settings, `app.conf`. One rule: one table says every setting, so that a wrong name or value is found where it
 * is written.
 */
import { OptionError } from "./errors.ts";
import { show } from "./show.ts";
import { didYouMean } from "./suggest.ts";

/** The settings of an App; Celery's names. */
export interface Settings {
  /**
   * Runs every call in this process, at once and without a broker, as `apply()` does; for unit tests. False unless said.
   */
  taskAlwaysEager: boolean;
  /** Lets calls that run eagerly throw their task's error where they are awaited. False unless said. */
  taskEagerPropagates: boolean;
}

/** The settings as people read and change them, at any time. */
export interface Conf extends Settings {
  /** Changes several at once, or none. @throws OptionError for an unknown name or a wrong value */
  update(changes: Partial<Settings>): void;
}

interface Setting<Value> {
  readonly default: Value;
  /** What is wanted instead, for a value that is not right. */
  readonly check: (value: unknown) => string | undefined;
}

const flag = (value: unknown): string | undefined => (typeof value === "boolean" ? undefined : "true or false");

const SETTINGS: { readonly [Name in keyof Settings]: Setting<Settings[Name]> } = {
  taskAlwaysEager: { default: false, check: flag },
  taskEagerPropagates: { default: false, check: flag },
};

/** The names of all settings. */
export const settingNames: readonly string[] = Object.keys(SETTINGS);

/** Makes the settings of an App. @throws OptionError for an unknown name or a wrong value */
export function createConf(changes: Partial<Settings>): Conf {
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(SETTINGS)) values[name] = setting.default;
  const update = (given: Partial<Settings>): void => {
    const entries = Object.entries(given).filter(([, value]) => value !== undefined);
    for (const [name, value] of entries) checkSetting(name, value);
    for (const [name, value] of entries) values[name] = value;
  };
  update(changes);
  // Not enumerable: whoever lists the settings gets settings alone.
  Object.defineProperty(values, "update", { value: update });
  const conf = new Proxy(values, {
    set: (target, name, value) => {
      checkSetting(String(name), value);
      return Reflect.set(target, name, value);
    },
    deleteProperty: (_, name) => {
      throw new OptionError(`the setting \`${String(name)}\` cannot be deleted; set it to another value`);
    },
  });
  // The table gives each name its value; TypeScript cannot follow that through the loop.
  return conf as unknown as Conf;
}

function checkSetting(name: string, value: unknown): void {
  if (!Object.hasOwn(SETTINGS, name)) {
    throw new OptionError(`unknown setting \`${name}\` of App${didYouMean(name, settingNames)}`);
  }
  const wanted = SETTINGS[name as keyof Settings].check(value);
  if (wanted !== undefined) throw new OptionError(`setting \`${name}\` must be ${wanted}; got ${show(value)}`);
}
