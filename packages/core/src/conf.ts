/**
 * An App's settings, `app.conf`, in layers. One rule: of each setting the uppermost layer that says it counts, and
 * whatever is wrong is told where it was written: changes at run time, the environment, what the App was made with, its
 * configuration, defaults that were added, the table's own.
 */
import { callSite } from "./call-site.ts";
import { CENSORED, censor } from "./censor.ts";
import { OptionError } from "./errors.ts";
import type { AnyFunction } from "./parameters.ts";
import {
  environmentOf,
  isSettingName,
  SETTINGS,
  type SettingName,
  type Settings,
  settingNames,
  settingOf,
} from "./settings.ts";
import { show } from "./show.ts";
import { didYouMean } from "./suggest.ts";

/** How settings are printed. */
export interface ShowSettingsOptions {
  /** Also those that nobody has said; false unless said. */
  readonly withDefaults?: boolean;
  /** Secrets are hidden; true unless said. */
  readonly censored?: boolean;
}

/** Where a setting's value comes from. */
export type SettingOrigin = "run time" | "environment" | "App" | "configuration" | "added default" | "default";

/** The settings as people read and change them, at any time. */
export interface Conf extends Settings {
  /** Changes several at once, or none. @throws OptionError for an unknown name or a wrong value */
  update(changes: Partial<Settings>): void;
  /** Adds defaults, which come before the table's own and behind everything else. @throws OptionError as `update` does */
  addDefaults(defaults: Partial<Settings>): void;
  /** Gives the settings as text, one a line. Passwords, keys and tokens are hidden, also within URLs and objects. */
  humanize(options?: ShowSettingsOptions): string;
  /** Gives the settings as an object, in the same way. */
  table(options?: ShowSettingsOptions): Readonly<Record<string, unknown>>;
  /** Says which layer a setting's value comes from. */
  origin(name: SettingName): SettingOrigin;
}

/** What is said of settings in one place. */
export type SettingValues = Readonly<Partial<Record<string, unknown>>>;

type Environment = Readonly<Record<string, string | undefined>>;

/** Layers from the lowest to the uppermost. */
const LAYERS = ["default", "added default", "configuration", "App", "environment", "run time"] as const;

/** The settings of an App, and what only the App may do with them. */
export class ConfLayers {
  readonly conf: Conf;
  readonly #layers = new Map<SettingOrigin, SettingValues>(LAYERS.map((layer) => [layer, {}]));
  readonly #fixed: SettingValues;
  readonly #values: Record<string, unknown> = {};
  /** Grows with each change, so that what was derived can be told to be out of date. */
  revision = 0;

  /**
   * @param made what the App was made with
   * @throws OptionError for an unknown name or a wrong value, in `made` or in the environment
   */
  constructor(made: SettingValues, place: string | undefined = undefined, environment: Environment = process.env) {
    const said = readEnvironment(environment);
    const isFixed = ([name]: readonly [string, unknown]): boolean =>
      isSettingName(name) && settingOf(name).environmentWins === true;
    this.#fixed = Object.fromEntries(Object.entries(said).filter(isFixed));
    this.#layers.set(
      "default",
      Object.fromEntries(settingNames.filter(isSettingName).map((name) => [name, settingOf(name).default])),
    );
    this.#layers.set("App", checked(made, place));
    this.#layers.set("environment", said);
    this.#resolve();
    this.conf = this.#asConf();
  }

  /** Lays a configuration in the place of the one before it; changes that were made at run time are forgotten, as in Celery. */
  configure(values: SettingValues, place: string | undefined): void {
    this.#layers.set("configuration", checked(values, place));
    this.#layers.set("run time", {});
    this.#resolve();
  }

  /** Adds defaults; what was added before comes first. */
  addDefaults(values: SettingValues, place: string | undefined): void {
    this.#add("added default", { ...checked(values, place), ...this.#layers.get("added default") });
  }

  #change(values: SettingValues, place: string | undefined): void {
    this.#add("run time", { ...this.#layers.get("run time"), ...checked(values, place) });
  }

  #add(layer: SettingOrigin, values: SettingValues): void {
    this.#layers.set(layer, values);
    this.#resolve();
  }

  /** Reading is more frequent than changing: what counts is laid ready. */
  #resolve(): void {
    this.revision += 1;
    for (const layer of LAYERS) Object.assign(this.#values, this.#layers.get(layer));
    Object.assign(this.#values, this.#fixed);
  }

  #asConf(): Conf {
    const methods: Omit<Conf, SettingName> = {
      update: (changes) => this.#change(changes, placeOf(methods.update)),
      addDefaults: (defaults) => this.addDefaults(defaults, placeOf(methods.addDefaults)),
      humanize: (options) => humanize(this.#table(options)),
      table: (options) => this.#table(options),
      origin: (name) => this.#originOf(name),
    };
    const set = (_: object, name: string | symbol, value: unknown): boolean => {
      this.#change({ [String(name)]: value }, placeOf(set));
      return true;
    };
    const handler: ProxyHandler<Record<string, unknown>> = {
      set,
      deleteProperty: (_, name) => {
        throw new OptionError(`the setting \`${String(name)}\` cannot be deleted; set it to another value`);
      },
    };
    // Not enumerable: whoever lists the settings gets settings alone.
    for (const [name, value] of Object.entries(methods)) Object.defineProperty(this.#values, name, { value });
    // Whoever prints an object that holds an App must not print its passwords.
    Object.defineProperty(this.#values, Symbol.for("nodejs.util.inspect.custom"), {
      value: () => this.#table({ withDefaults: true }),
    });
    // The table gives each name its value; TypeScript cannot follow that through the layers.
    return new Proxy(this.#values, handler) as unknown as Conf;
  }

  #originOf(name: SettingName): SettingOrigin {
    if (Object.hasOwn(this.#fixed, name)) return "environment";
    const layer = LAYERS.findLast((candidate) => Object.hasOwn(this.#layers.get(candidate) ?? {}, name));
    return layer ?? "default";
  }

  #table({ withDefaults = false, censored = true }: ShowSettingsOptions = {}): Readonly<Record<string, unknown>> {
    const names = settingNames
      .filter(isSettingName)
      .filter((name) => withDefaults || this.#originOf(name) !== "default");
    return Object.fromEntries(
      names.sort().map((name) => [name, censored ? censorSetting(name, this.#values[name]) : this.#values[name]]),
    );
  }
}

function censorSetting(name: SettingName, value: unknown): unknown {
  if (settingOf(name).secret === true) return value === undefined ? undefined : CENSORED;
  return censor(value);
}

function humanize(table: Readonly<Record<string, unknown>>): string {
  return Object.entries(table)
    .map(([name, value]) => `${name}: ${show(value)}`)
    .join("\n");
}

/** Where the caller of a method stands; read only when something is wrong. */
function placeOf(method: AnyFunction | undefined): string | undefined {
  return method === undefined ? undefined : callSite(method).place();
}

/** Gives what is said; what is `undefined` says nothing. @throws OptionError with the place */
function checked(values: SettingValues, place: string | undefined): SettingValues {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  for (const [name, value] of entries) checkSetting(name, value, place === undefined ? "" : ` (${place})`);
  return Object.fromEntries(entries);
}

function checkSetting(name: string, value: unknown, where: string): void {
  if (!isSettingName(name)) {
    throw new OptionError(`unknown setting \`${name}\` of App${where}${didYouMeanSetting(name)}`);
  }
  const wanted = settingOf(name).type.check(value);
  if (wanted === undefined) return;
  throw new OptionError(`setting \`${name}\`${where} must be ${wanted}; got ${show(censor(value, name))}`);
}

/** Celery's `task_always_eager` means ours. */
export function didYouMeanSetting(name: string, candidates: readonly string[] = settingNames): string {
  const camel = name.toLowerCase().replace(/_+([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return didYouMean(candidates.includes(camel) ? camel : name, candidates);
}

function readEnvironment(environment: Environment): SettingValues {
  const said: Record<string, unknown> = {};
  for (const name of Object.keys(SETTINGS).filter(isSettingName)) {
    const variable = environmentOf(name);
    const text = environment[variable]?.trim() ?? "";
    if (text === "") continue;
    const { type } = settingOf(name);
    const value = type.parse(text);
    const wanted = type.check(value);
    if (wanted !== undefined) {
      throw new OptionError(
        `the environment variable ${variable} (setting \`${name}\`) must be ${wanted}; got ${show(censor(value, name))}`,
      );
    }
    said[name] = value;
  }
  return said;
}
