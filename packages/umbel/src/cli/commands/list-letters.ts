/** `flow dead-letters`: the calls that tasks rejected. One rule: what is named is found first, so all of it is done or nothing. */
import { type App, type DeadLetter, UnknownTaskIdError } from "@umbel/core";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { showDuration } from "../live/duration.ts";
import { type BrokerOptions, withEngine } from "../open-runs.ts";
import { table } from "../table.ts";
import { UsageError } from "../usage-error.ts";

/** The options of `flow dead-letters list`, as commander gives them. */
export interface ListLettersOptions extends BrokerOptions {
  readonly task?: string;
  readonly limit?: number;
  readonly json?: boolean;
}

/** The options of `flow dead-letters requeue` and `discard`, as commander gives them. */
export interface TakeLettersOptions extends BrokerOptions {
  readonly all?: boolean;
  readonly task?: string;
}

const DEFAULT_LIMIT = 20;

/** More are not kept. */
const EVERY = 10_000;

/** Lists rejected calls, the latest first. @throws OperationalError */
export async function listLetters(context: CommandContext, options: ListLettersOptions): Promise<ExitCode> {
  const { terminal } = context;
  const { task, limit = DEFAULT_LIMIT, json } = options;
  return await withEngine(context, options, async (_, app) => {
    const letters = (await readLetters(app, task)).slice(0, limit);
    if (json === true) terminal.result(JSON.stringify(letters, undefined, 2));
    else if (letters.length === 0) terminal.note("no calls were rejected");
    else terminal.result(describeAll(app, letters));
    return EXIT.done;
  });
}

/** Shows one. @throws UnknownTaskIdError, OperationalError; UsageError where more than one begins so */
export async function showLetter(
  context: CommandContext,
  id: string,
  options: BrokerOptions & { readonly json?: boolean },
): Promise<ExitCode> {
  return await withEngine(context, options, async (_, app) => {
    const letter = findLetter(await readLetters(app), id);
    context.terminal.result(options.json === true ? JSON.stringify(letter, undefined, 2) : describe(app, letter));
    return EXIT.done;
  });
}

/** Sends them again. @throws what `showLetter` throws; UsageError where none are named */
export async function requeueLetters(
  context: CommandContext,
  ids: readonly string[],
  options: TakeLettersOptions,
): Promise<ExitCode> {
  return await withEach(context, "requeue", ids, options, async (app, { id }) => {
    context.terminal.result((await app.deadLetters.requeue(id)).id);
  });
}

/** Drops them for good. @throws what `requeueLetters` throws */
export async function discardLetters(
  context: CommandContext,
  ids: readonly string[],
  options: TakeLettersOptions,
): Promise<ExitCode> {
  return await withEach(context, "discard", ids, options, (app, { id }) => app.deadLetters.discard(id));
}

async function withEach(
  context: CommandContext,
  verb: "requeue" | "discard",
  ids: readonly string[],
  options: TakeLettersOptions,
  take: (app: App, letter: DeadLetter) => Promise<void>,
): Promise<ExitCode> {
  const { all = false, task } = options;
  if (all === ids.length > 0) {
    throw new UsageError(
      all
        ? `\`--all\` and ids are two ways to say which calls; give only one of them`
        : `say which calls: flow dead-letters ${verb} ID, or --all; see them by: flow dead-letters`,
    );
  }
  if (task !== undefined && !all) throw new UsageError("`--task` says which of `--all`; ids need it not");
  return await withEngine(context, options, async (_, app) => {
    const known = await readLetters(app, task);
    const letters = all ? known : [...new Set(ids.map((id) => findLetter(known, id)))];
    for (const letter of letters) {
      context.signal.throwIfAborted();
      await take(app, letter);
    }
    const done = verb === "requeue" ? "sent again" : "dropped";
    context.terminal.note(`${letters.length} ${letters.length === 1 ? "call" : "calls"} ${done}`);
    return EXIT.done;
  });
}

async function readLetters(app: App, task?: string): Promise<readonly DeadLetter[]> {
  const letters = await app.deadLetters.list({ limit: EVERY });
  return task === undefined ? letters : letters.filter((letter) => letter.task === task);
}

function findLetter(letters: readonly DeadLetter[], text: string): DeadLetter {
  const found = letters.filter(({ id }) => id === text);
  const [letter, other] = found.length > 0 ? found : letters.filter(({ id }) => id.startsWith(text));
  if (letter === undefined) {
    throw new UnknownTaskIdError(`no rejected call has the id ${text}; see those that there are by: flow dead-letters`);
  }
  if (other !== undefined)
    throw new UsageError(`more than one rejected call begins with ${text}; write more of its id`);
  return letter;
}

/** The call as the language writes it. */
function callOf(app: App, { task, args, kwargs }: DeadLetter): string {
  return String(app.signature(task, args, { kwargs }));
}

function describeAll(app: App, letters: readonly DeadLetter[]): string {
  const now = Date.now();
  const rows = letters.map((letter) => [
    letter.id,
    `${showDuration(now - letter.rejectedAt.getTime())} ago`,
    callOf(app, letter),
    letter.error.message,
  ]);
  return table([["id", "rejected", "call", "why"], ...rows]);
}

function describe(app: App, letter: DeadLetter): string {
  const { id, rejectedAt, hostname, error, options } = letter;
  const rows = [
    ["id", id],
    ["call", callOf(app, letter)],
    ["why", `${error.name}: ${error.message}`],
    ["rejected", `${rejectedAt.toISOString()} by ${hostname}`],
    ...(Object.keys(options).length === 0 ? [] : [["options", JSON.stringify(options)]]),
    ["next", `flow dead-letters requeue ${id}`],
  ];
  return rows.map(([title = "", text = ""]) => `${title.padEnd(9)} ${text}`).join("\n");
}
