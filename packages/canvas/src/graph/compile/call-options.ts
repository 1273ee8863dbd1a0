/**
 * The options of one call of a task, from all that say something about it. One rule: calls that say nothing themselves
 * share what was found for the first of them, because most of 100,000 members are alike.
 */
import {
  type Content,
  mergeOptions,
  requireSerializer,
  type SignatureData,
  type SignatureOptions,
  stampsOf,
} from "@umbel/core";
import type { OptionsAround } from "../graph.ts";

/** What compile asks of its surroundings. */
export interface CompileEnvironment {
  /** Options that a task's definition sets for all its calls. */
  taskDefaults(task: string): SignatureOptions | undefined;
  /** The queue of every task, whatever it or its call says. */
  readonly onlyQueue?: string | undefined;
  /** @throws for a queue that calls may not go to */
  readonly checkQueue?: ((queue: string, task: string) => void) | undefined;
  /** How arguments are written; as the settings are by default, unless said. */
  readonly content?: Content;
  /** Names a task's argument for messages. */
  readonly argumentName?: (task: string, position: number) => string | undefined;
}

/** Options as a node needs them. */
export interface CallOptions {
  /** Final options, without links and with the times only for people to read. */
  readonly options: SignatureOptions;
  readonly links: readonly SignatureData[];
  readonly linkErrors: readonly SignatureData[];
  readonly taskId: string | undefined;
  /** The times, as they follow the index in a start token. */
  readonly suffix: string;
}

/** What holds around a call. */
interface Around extends Required<OptionsAround> {
  /** `countdown` and `eta` for what starts the whole. */
  readonly entryUnder: SignatureOptions;
  readonly entryOver: SignatureOptions;
}

const NONE: SignatureOptions = {};

/** Options that hold for all calls in one place. */
export class OptionScope {
  readonly #around: Around;
  readonly #environment: CompileEnvironment;
  readonly #found = new Map<string, CallOptions>();
  #later: OptionScope | undefined;

  constructor(environment: CompileEnvironment, around: Partial<Around> = {}) {
    this.#environment = environment;
    this.#around = { under: NONE, over: NONE, entryUnder: NONE, entryOver: NONE, ...around };
  }

  /** The scope of a composite's parts: what it says itself wins over what is said around it. */
  inside(under: SignatureOptions, entryUnder: SignatureOptions): OptionScope {
    if (saysNothing(under) && saysNothing(entryUnder)) return this;
    return new OptionScope(this.#environment, {
      ...this.#around,
      under: { ...this.#around.under, ...under, ...stampsOf(this.#around.under, under) },
      entryUnder: { ...this.#around.entryUnder, ...entryUnder },
    });
  }

  /** The scope of what comes behind: it starts without delay. */
  get later(): OptionScope {
    const { under, over, entryUnder, entryOver } = this.#around;
    if (saysNothing(entryUnder) && saysNothing(entryOver)) return this;
    this.#later ??= new OptionScope(this.#environment, { under, over });
    return this.#later;
  }

  /** What a composite here hands down to tasks that are compiled when its run has come to them. @param own what it says itself */
  handedDown(own: SignatureOptions = NONE): OptionsAround {
    const { countdown: _its, eta: _own, taskId: _and, link: _not, linkError: _theirs, ...shared } = own;
    const under = { ...this.#around.under, ...shared, ...stampsOf(this.#around.under, shared) };
    const { over } = this.#around;
    return { ...(saysNothing(under) ? {} : { under }), ...(saysNothing(over) ? {} : { over }) };
  }

  /** Whether a group here revokes its other members when one fails. */
  get failsFast(): boolean {
    return this.#around.over.failFast ?? this.#around.under.failFast ?? false;
  }

  /** Gives the options of a call. @throws OptionError for a serializer that nobody has registered */
  of(task: string, own: SignatureOptions | undefined): CallOptions {
    if (own !== undefined) return this.#resolve(task, own);
    const found = this.#found.get(task) ?? this.#resolve(task, own);
    this.#found.set(task, found);
    return found;
  }

  #resolve(task: string, own: SignatureOptions | undefined): CallOptions {
    const { under, over, entryUnder, entryOver } = this.#around;
    const defaults = mergeOptions(this.#environment.taskDefaults(task), under);
    const said = mergeOptions(defaults, mergeOptions(entryUnder, own));
    const merged = mergeOptions(said, mergeOptions(over, entryOver)) ?? NONE;
    const { link = [], linkError = [], taskId, countdown, eta, expires, failFast: _ofGroups, ...options } = merged;
    if (options.serializer !== undefined) requireSerializer(options.serializer);
    const { onlyQueue, checkQueue } = this.#environment;
    if (onlyQueue === undefined && options.queue !== undefined) checkQueue?.(options.queue, task);
    const asked = eta === undefined && expires === undefined ? options : { ...options, ...moments(eta, expires) };
    return {
      options: onlyQueue === undefined ? asked : { ...asked, queue: onlyQueue },
      links: link,
      linkErrors: linkError,
      taskId,
      suffix: timesSuffix(countdown, eta, expires),
    };
  }
}

function saysNothing(options: SignatureOptions): boolean {
  for (const _name in options) return false;
  return true;
}

/** The options that say when something starts. */
export function times(countdown: number | undefined, eta: string | undefined): SignatureOptions {
  if (countdown === undefined && eta === undefined) return NONE;
  return { ...(countdown === undefined ? {} : { countdown }), ...(eta === undefined ? {} : { eta }) };
}

/** What `self.request` tells of times; what counts is in the start token. */
function moments(eta: string | undefined, expires: number | string | undefined): SignatureOptions {
  return { ...(eta === undefined ? {} : { eta }), ...(expires === undefined ? {} : { expires }) };
}

function timesSuffix(
  countdown: number | undefined,
  eta: string | undefined,
  expires: number | string | undefined,
): string {
  if (countdown === undefined && eta === undefined && expires === undefined) return "";
  const expiresIn = typeof expires === "number" ? Math.round(expires * 1000) : "";
  const expiresAt = typeof expires === "string" ? Date.parse(expires) : "";
  return `;${countdown === undefined ? "" : Math.round(countdown * 1000)};${eta === undefined ? "" : Date.parse(eta)};${expiresIn};${expiresAt}`;
}
