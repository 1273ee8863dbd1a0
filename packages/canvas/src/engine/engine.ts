/**
 * The engine behind an App: compiles, stores, starts and waits. One rule: nothing is opened before something is
 * submitted or asked, and an idle engine never keeps its process alive.
 */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import {
  Content,
  type ContentSettings,
  type DeadLetterBox,
  type Deduplication,
  type Engine,
  InvalidSignatureError,
  type Members,
  newRunKey,
  nodeId,
  normalizeOptions,
  OptionError,
  type PublishOptions,
  parseNodeId,
  type ResultRecord,
  type ResultReference,
  type ResultTuple,
  type RevokeOptions,
  type RevokeReply,
  type RunKey,
  type SignatureOptions,
  type State,
  type SubmitRequest,
  type SubmittedRun,
  type TaskRegistry,
  type WaitLimits,
} from "@umbel/core";
import { labelled, metaOf, type RunLabels } from "../graph/codec.ts";
import { type CompileEnvironment, compile, compileStream, type MemberStream } from "../graph/compile.ts";
import { checkEachCall } from "../graph/each-group.ts";
import { checkRunFormat, type ExportGraphOptions, type RunGraphFormat } from "../graph/export/export-graph.ts";
import { type Graph, type GraphNode, PAGE_SIZE, type StartToken, type TaskNode } from "../graph/graph.ts";
import { withOwnArguments } from "../graph/own-arguments.ts";
import { signatureOf } from "../primitives/chain.ts";
import type { MemberSource } from "../primitives/streamed-group.ts";
import { type CreateOptions, type Dispatch, STAGED_NODES, type StagedRun, type Started } from "../store/graph-store.ts";
import { plainTaskIndex } from "../store/slice.ts";
import type { Broker } from "./broker.ts";
import { isConnectionError, unreachable } from "./connection-error.ts";
import { Deadline } from "./deadline.ts";
import { storeOnce } from "./deduplication.ts";
import { findNode, requireNode } from "./find-node.ts";
import { deleteRun, forgetNode } from "./forget.ts";
import { forkedCalls } from "./forked-call.ts";
import { KeepAlive } from "./keep-alive.ts";
import { MemberEnds } from "./member-ends.ts";
import { findMembers, readStates } from "./members.ts";
import { Publisher } from "./publishing.ts";
import { Revoker } from "./revoker.ts";
import { drawRun } from "./run-graph.ts";
import { entryOf } from "./run-index.ts";
import { CanvasRuns } from "./runs.ts";
import type { Runtime, RuntimeOptions } from "./runtime.ts";
import type { SliceSize } from "./slicing.ts";
import { aliasesOf, countJoins, StagedNodesWriter } from "./staged-nodes.ts";
import { Expectations, expect, waitForNode } from "./waiting.ts";
import { watchNode } from "./watching.ts";

/** How the engine is set up. */
export interface CanvasEngineOptions {
  /** Opens the broker; called once, when something is first sent or read. */
  readonly openBroker: () => Promise<Broker | RuntimeOpener>;
  /** What all keys begin with. */
  readonly prefix?: string;
  /** The queue of tasks that name none. */
  readonly defaultQueue?: string;
  /** Where the calls of a task go that name no queue, and with which priority. */
  readonly routeOf?: (task: string) => SignatureOptions | undefined;
  /** @throws for a queue that calls may not go to */
  readonly checkQueue?: (queue: string, task: string) => void;
  /** Over how many slots of a cluster the calls of a queue are spread; 1 unless said. */
  readonly shardsOf?: (queue: string) => number;
  /** How calls that say nothing about it are sent again; not, unless said. */
  readonly publishing?: () => PublishOptions;
  /** How arguments and results are written and read, asked with each of them; as by default unless said. */
  readonly content?: () => ContentSettings;
  /** Sends every task to this queue, whatever it says itself. */
  readonly onlyQueue?: string;
  /** The runs end with this process: when it is gone, nobody serves `onlyQueue`. */
  readonly ownsRuns?: boolean;
  /** How long an ended run is kept, milliseconds; a day unless said. */
  readonly resultExpiresMs?: number;
  /** @throws where results may not be read; unless said, they may */
  readonly checkReading?: (id: string) => void;
  /** How many slices of a run may be in flight before members of its groups wait. */
  readonly window?: number;
  /** Modules that define the tasks of what is sent, as paths: kept with each run, so that a worker can be started for it. */
  readonly modules?: readonly string[];
  /** The file of the flow that is sent: shown for runs that have no name. */
  readonly flow?: string;
  /** How many members of a group make one slice, which is one job; said by nothing, the broker decides. */
  readonly sliceSize?: SliceSize;
}

/** A broker that is no Redis, and makes the parts of an engine itself. */
export interface RuntimeOpener {
  openRuntime(options: RuntimeOptions): Promise<Runtime>;
}

/** Who sends; told to tasks as `request.origin`. */
const ORIGIN = `${process.pid}@${hostname()}`;

const DAY_MS = 86_400_000;
const DEFAULT_WINDOW = 1000;

/** Runs an App's signatures on Redis and BullMQ. */
export class CanvasEngine implements Engine {
  readonly #registry: TaskRegistry;
  readonly #options: CanvasEngineOptions;
  readonly #keepAlive = new KeepAlive();
  /** One life of this process: its worker's sign of life, and the owner of runs that end with it. */
  readonly incarnation = randomUUID();
  #runtime: Promise<Runtime> | undefined;
  /** The runs that are stored. */
  readonly runs: CanvasRuns;
  /** The calls that tasks rejected. */
  readonly deadLetters: DeadLetterBox = {
    list: (most) => this.#ask(({ deadLetters }) => deadLetters.list(most)),
    find: (id) => this.#ask(({ deadLetters }) => deadLetters.find(id)),
    discard: (id) => this.#ask(({ deadLetters }) => deadLetters.discard(id)),
  };
  /** What compiling asks: the options that hold for all calls of a task. */
  readonly environment: CompileEnvironment & { readonly content: Content };
  readonly #publisher: Publisher;
  /** Runs submitted here whose news is listened to from before they were stored, so that no first read is needed. */
  readonly #expected = new Expectations();

  /** @param registry an App, or whatever else knows the tasks that are sent */
  constructor(registry: TaskRegistry, options: CanvasEngineOptions) {
    this.#registry = registry;
    this.#options = options;
    this.#publisher = new Publisher(options.publishing ?? (() => ({ retry: false })));
    const owner = options.ownsRuns ? this.incarnation : undefined;
    const forkedCall = forkedCalls(registry, () => this.environment);
    this.runs = new CanvasRuns((ask) => this.#ask(ask), owner, forkedCall);
    this.environment = {
      taskDefaults: (task) => this.#taskDefaults(task),
      onlyQueue: options.onlyQueue,
      checkQueue: options.checkQueue,
      content: new Content(options.content),
      argumentName: (task, position) => registry.tasks.get(task)?.parameters.parameters[position]?.name,
    };
  }

  submit(request: SubmitRequest): SubmittedRun {
    const runKey = newRunKey();
    const { signature, args, kwargs, members, runName, publishing, deduplication } = request;
    const call = { args, kwargs, options: normalizeOptions({ ...request.options }) };
    if (members !== undefined) {
      if (signature.kind !== "group" && signature.kind !== "chord")
        throw new InvalidSignatureError(`a ${signature.kind} has no members that could come one by one`);
      if (deduplication !== undefined)
        throw new OptionError(
          "a streamed group has no option `deduplication`: its members are taken before it is sent",
        );
      return this.#submitStream(runKey, compileStream(signature, call, this.environment), members, request);
    }
    const compiled = compile(signature, call, runKey, this.environment);
    this.#checkStarts(compiled.starts, (index) => compiled.nodes[index]);
    const graph = { ...compiled, nodes: withOwnArguments(compiled.nodes, this.environment) };
    const result = resultOf(runKey, graph.result, graph.nodes[graph.result]);
    const labels = this.#labels(result, firstTaskOf(graph.nodes), runName);
    const store = (): Promise<ResultReference | undefined> =>
      deduplication === undefined
        ? this.#store(graph, labels)
        : this.#storeOnce(graph, labels, deduplication, { id: result.resultId, isGroup: result.isGroup });
    const stored = this.hold(this.#explained(this.#publisher.publish(store, publishing)));
    return { stored, ...result };
  }

  #submitStream(
    runKey: RunKey,
    stream: MemberStream,
    members: MemberSource,
    { runName, publishing }: Pick<SubmitRequest, "runName" | "publishing">,
  ): SubmittedRun {
    const result = resultOf(runKey, stream.result, stream.head()[stream.result]);
    const labels = (task: string): RunLabels => this.#labels(result, task, runName);
    const stored = this.hold(this.#explained(this.#storeStream(runKey, stream, members, labels, publishing)));
    return { ...result, stored };
  }

  /** What people are told of a run. */
  #labels({ resultId, isGroup }: Omit<SubmittedRun, "stored">, task: string, name: string | undefined): RunLabels {
    const { flow, modules, onlyQueue } = this.#options;
    return {
      task,
      origin: ORIGIN,
      ...(name === undefined ? {} : { name }),
      ...(flow === undefined ? {} : { flow }),
      ...(parseNodeId(resultId) === undefined ? { resultId } : {}),
      ...(isGroup ? { isGroup } : {}),
      ...(modules === undefined || modules.length === 0 ? {} : { modules }),
      ...(onlyQueue === undefined ? {} : { ownQueue: onlyQueue }),
    };
  }

  async connect(): Promise<void> {
    await this.#ask(async () => undefined);
  }

  async read(id: string): Promise<ResultRecord> {
    this.#checkReading(id);
    return await this.#ask(async (runtime) => {
      const node = await findNode(runtime, id);
      return node === undefined ? { state: "PENDING" } : await runtime.results.read(node.runKey, node.index);
    });
  }

  async wait(id: string, limits: WaitLimits, stored?: SubmittedRun["stored"]): Promise<ResultRecord> {
    this.#checkReading(id);
    limits.signal?.throwIfAborted();
    const deadline = new Deadline(limits);
    try {
      return await this.hold(this.#explained(this.#wait(id, deadline, stored)));
    } finally {
      deadline.end();
    }
  }

  async states(members: Members): Promise<readonly State[]> {
    this.#checkReading(members);
    return await this.#ask((runtime) => readStates(runtime, members));
  }

  async *ends(members: Members, limits: WaitLimits): AsyncGenerator<readonly [place: number, record: ResultRecord]> {
    this.#checkReading(members);
    limits.signal?.throwIfAborted();
    const deadline = new Deadline(limits);
    const ends = this.#ends(members, deadline);
    try {
      for (;;) {
        const next = await this.hold(this.#explained(ends.next()));
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await ends.return(undefined);
      deadline.end();
    }
  }

  async *watch(id: string, limits: WaitLimits): AsyncGenerator<ResultRecord> {
    this.#checkReading(id);
    limits.signal?.throwIfAborted();
    const deadline = new Deadline(limits);
    const records = this.#watch(id, deadline);
    try {
      for (;;) {
        const next = await this.hold(this.#explained(records.next()));
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await records.return(undefined);
      deadline.end();
    }
  }

  async parent(id: string): Promise<ResultReference | undefined> {
    this.#checkReading(id);
    return await this.#ask(async (runtime) => {
      const { runKey, index } = await requireNode(runtime, id);
      const parent = await runtime.relatives.parent(runKey, index);
      return parent === undefined ? undefined : await runtime.relatives.reference(runKey, parent);
    });
  }

  async children(id: string): Promise<readonly ResultReference[]> {
    this.#checkReading(id);
    return await this.#ask(async (runtime) => {
      const { runKey, index } = await requireNode(runtime, id);
      return await runtime.relatives.references(runKey, await runtime.relatives.children(runKey, index));
    });
  }

  async members(id: string): Promise<readonly ResultReference[]> {
    this.#checkReading(id);
    return await this.#ask(async (runtime) => {
      const { runKey, index } = await requireNode(runtime, id);
      return await runtime.relatives.references(runKey, await runtime.relatives.members(runKey, index));
    });
  }

  async forget(ids: readonly string[]): Promise<void> {
    await this.#ask(async (runtime) => {
      for (const id of ids) {
        const node = await findNode(runtime, id);
        if (node !== undefined) await forgetNode(runtime, id, node);
      }
    });
  }

  async revoke(id: string, options: RevokeOptions): Promise<RevokeReply> {
    return await this.#ask(async (runtime) => {
      const { runKey, index } = await requireNode(runtime, id);
      return await new Revoker(runtime).revoke(runKey, index, options);
    });
  }

  async saveGroup(id: string, members: readonly ResultTuple[]): Promise<void> {
    this.#checkReading(id);
    await this.#ask((runtime) => runtime.savedGroups.save(id, members));
  }

  async findGroup(id: string): Promise<{ readonly members?: readonly ResultTuple[] } | undefined> {
    this.#checkReading(id);
    return await this.#ask(async (runtime) => {
      const node = await findNode(runtime, id);
      if (node === undefined) {
        const members = await runtime.savedGroups.find(id);
        return members === undefined ? undefined : { members };
      }
      if ((await runtime.store.readMeta(node.runKey)) === undefined) return undefined;
      return (await runtime.relatives.membersIfAny(node.runKey, node.index)) === undefined ? undefined : {};
    });
  }

  async deleteGroup(id: string): Promise<void> {
    await this.#ask((runtime) => runtime.savedGroups.delete(id));
  }

  /**
   * Gives the graph of the run that an id belongs to, with what tasks have added to it and the states of now.
   * @throws UnknownTaskIdError, RunExpiredError, OptionError
   */
  async exportGraph(id: string, options: ExportGraphOptions<RunGraphFormat>): Promise<string> {
    checkRunFormat(options);
    return await this.#ask((runtime) => drawRun(runtime, id, options));
  }

  async close(): Promise<void> {
    process.off("beforeExit", this.#closeBeforeExit);
    this.#publisher.close();
    const opening = this.#runtime;
    this.#runtime = undefined;
    if (opening === undefined) return;
    // What could not be opened has nothing to close; whoever asked for it was told.
    const runtime = await opening.catch(() => undefined);
    // It still has things to say to the broker, over sockets that hold no process.
    if (runtime !== undefined) await this.hold(runtime.close());
  }

  /**
   * Ends a run for good and deletes all of it, its private queue too if it had one. What of it still runs is not
   * interrupted, but changes nothing any more.
   */
  async discard(id: string): Promise<void> {
    const place = parseNodeId(id);
    if (place === undefined) return;
    const runtime = await this.runtime();
    await this.hold(deleteRun(runtime, place.runKey));
  }

  /**
   * Keeps the process alive until a promise settles, and gives what it gives. The engine's own connections never do, so
   * whoever uses them beside `submit`, `read` and `wait` says so here.
   */
  hold<Value>(promise: Promise<Value>): Promise<Value> {
    return this.#keepAlive.during(promise);
  }

  /** Whether a submit or a get is pending. */
  get isBusy(): boolean {
    return this.#keepAlive.isBusy;
  }

  /** The open parts of the engine; opens them. @throws OperationalError when the broker cannot be reached */
  runtime(): Promise<Runtime> {
    if (this.#runtime === undefined) {
      const opening = this.hold(this.#openRuntime());
      this.#runtime = opening;
      // A broker that could not be reached may be there when it is asked for again.
      opening.catch(() => {
        if (this.#runtime === opening) this.#runtime = undefined;
      });
    }
    return this.#runtime;
  }

  #checkReading(of: Members): void {
    this.#options.checkReading?.(typeof of === "string" ? of : (of[0] ?? ""));
  }

  async #openRuntime(): Promise<Runtime> {
    const broker = await this.#options.openBroker();
    const options: RuntimeOptions = {
      prefix: this.#options.prefix ?? "umbel",
      resultExpiresMs: this.#options.resultExpiresMs ?? DAY_MS,
      window: this.#options.window ?? DEFAULT_WINDOW,
      content: this.environment.content,
      ...(this.#options.sliceSize === undefined ? {} : { sliceSize: this.#options.sliceSize }),
      ...(this.#options.shardsOf === undefined ? {} : { shardsOf: this.#options.shardsOf }),
    };
    const runtime = "openRuntime" in broker ? await broker.openRuntime(options) : await openRedis(broker, options);
    // An idle engine holds no process; one that ends by itself leaves nothing open behind it. Memory has nothing open.
    if (!("openRuntime" in broker)) process.once("beforeExit", this.#closeBeforeExit);
    return runtime;
  }

  readonly #closeBeforeExit = (): void => {
    this.close().catch((error: unknown) => process.emitWarning(error instanceof Error ? error : String(error)));
  };

  #taskDefaults(name: string): SignatureOptions | undefined {
    const task = this.#registry.tasks.get(name);
    const route = this.#options.routeOf?.(name);
    const queue = task?.options.queue ?? route?.queue ?? this.#options.defaultQueue;
    const priority = task?.options.priority ?? route?.priority;
    const { serializer, compression } = task?.options ?? {};
    const defaults: SignatureOptions = {
      ...(queue === undefined ? {} : { queue }),
      ...(priority === undefined ? {} : { priority }),
      ...(serializer === undefined ? {} : { serializer }),
      ...(compression === undefined ? {} : { compression }),
    };
    return Object.keys(defaults).length === 0 ? undefined : defaults;
  }

  /** Checks the arguments of what starts at once. Those of later steps are known only when their turn comes. */
  #checkStarts(starts: readonly StartToken[], nodeAt: (index: number) => GraphNode | undefined): void {
    let before: { readonly task: string; readonly given: number } | undefined;
    visitStarts(starts, nodeAt, (node) => {
      if (node.each !== undefined) checkEachCall(node.args, node.kwargs);
      if (node.mode !== undefined) return;
      const given = hasNames(node.kwargs) ? -1 : node.args.length;
      // Most of 100,000 members are called as the one before.
      if (given !== -1 && before?.task === node.task && before.given === given) return;
      const task = this.#registry.tasks.get(node.task);
      if (task !== undefined && task.options.typing !== false) task.checkCall(node.args, node.kwargs);
      before = { task: node.task, given };
    });
  }

  /** Stores a run, unless one with its key was; gives that one's result. */
  async #storeOnce(
    graph: Graph,
    labels: RunLabels,
    deduplication: Deduplication,
    result: ResultReference,
  ): Promise<ResultReference | undefined> {
    const key = `${labels.task}:${deduplication.key}`;
    return await storeOnce(await this.runtime(), key, deduplication, result, () => this.#store(graph, labels));
  }

  async #store(graph: Graph, labels: RunLabels): Promise<undefined> {
    const runtime = await this.runtime();
    const { runKey, nodes, starts } = graph;
    const meta = labelled(metaOf(graph), labels);
    runtime.pages.keepFirst(runKey, nodes.slice(0, PAGE_SIZE), meta);
    this.#expected.set(runKey, expect(graph, runtime.news));
    if (meta.aliases !== undefined) await runtime.aliases.reserve(aliasesOf(runKey, nodes, 0));
    if (nodes.length <= STAGED_NODES) {
      const options = { labels, ...this.#createOptions(runtime) };
      await this.#create(runtime, { runKey, starts, meta }, () => runtime.store.create(graph, options));
      return undefined;
    }
    // A large graph is there before its run is entered and created, however long that takes.
    await runtime.store.stage(runKey, nodes, 0);
    const staged = { runKey, meta, starts, joinCount: countJoins(nodes) };
    await this.#create(runtime, staged, () => runtime.store.createStaged(staged, this.#createOptions(runtime)));
    return undefined;
  }

  /** Stores members as they come, page by page, and then their run. */
  async #storeStream(
    runKey: RunKey,
    stream: MemberStream,
    members: MemberSource,
    labels: (task: string) => RunLabels,
    publishing: PublishOptions | undefined,
  ): Promise<undefined> {
    // Its members may be there only once: what is sent again is what stands before the first and behind the last of them.
    await this.#publisher.publish(async () => void (await this.runtime()), publishing);
    const runtime = await this.runtime();
    const { result } = stream;
    this.#expected.set(runKey, expect({ runKey, result }, runtime.news));
    const writer = new StagedNodesWriter(runtime, runKey);
    try {
      await writer.add(stream.head());
      let position = 0;
      for await (const member of members) {
        position += 1;
        for (const { base, nodes, starts } of stream.add(
          signatureOf(member, `member ${position} of the stream`).data,
        )) {
          this.#checkStarts(starts, (index) => nodes[index - base]);
          await writer.add(withOwnArguments(nodes, this.environment));
        }
      }
      await writer.finish(stream.head());
    } catch (error) {
      // It would expire; nobody needs it until then. Should it stay for now, that is no other error.
      await runtime.store.delete(runKey).catch(() => undefined);
      throw error;
    } finally {
      writer.stop();
    }
    const finished = stream.finish(runKey);
    const meta = labelled(finished.meta, labels(firstTaskOf(writer.firstPage)));
    const staged = { ...finished, meta, joinCount: writer.joinCount };
    runtime.pages.keepFirst(runKey, writer.firstPage, staged.meta);
    const create = (): Promise<Started> => runtime.store.createStaged(staged, this.#createOptions(runtime));
    await this.#publisher.publish(() => this.#create(runtime, staged, create), publishing);
    return undefined;
  }

  #createOptions(runtime: Runtime): CreateOptions {
    return { notify: runtime.news.channel, ...(this.#options.ownsRuns ? { owner: this.incarnation } : {}) };
  }

  /** Enters a run, stores it and starts what comes first. */
  async #create(
    runtime: Runtime,
    { runKey, starts, meta }: Pick<StagedRun, "runKey" | "starts" | "meta">,
    create: () => Promise<Started>,
  ): Promise<void> {
    const [start] = starts;
    const ahead = start === undefined ? undefined : plainDispatch(start);
    // All of it is written to one connection, so the server sees it in this order, in one round trip.
    const [entered, created, dispatched] = runtime.together(() => [
      runtime.activeRuns.add(runKey),
      create(),
      ahead === undefined ? undefined : runtime.driver.dispatch(runKey, [ahead]),
    ]);
    // Whatever happens to the jobs: once the run is stored, it cannot be lost.
    const queued = (dispatched ?? entered.then(async () => await runtime.driver.follow(runKey, await created))).catch(
      (error: unknown) => error,
    );
    await Promise.all([entered, created]);
    runtime.runIndex.enter(entryOf(runKey, meta));
    const problem = await queued;
    if (problem !== undefined) warnUnqueued(runKey, problem);
  }

  async #wait(given: string, deadline: Deadline, stored: SubmittedRun["stored"] | undefined): Promise<ResultRecord> {
    let id = given;
    if (stored !== undefined) {
      const earlier = await deadline.within(
        stored,
        (timeoutMs) =>
          `the call whose result is ${id} was not stored after ${timeoutMs} ms; it may be later, unless awaiting the submission says otherwise`,
      );
      if (earlier !== undefined) id = earlier.id;
    }
    const runtime = await this.#opened(deadline, `the result of ${id}`);
    const node = await deadline.within(
      requireNode(runtime, id),
      (timeoutMs) => `the broker did not say within ${timeoutMs} ms which run the id ${id} belongs to`,
    );
    const expected = this.#expected.take(node.runKey);
    return await waitForNode(runtime, { id, ...node }, expected, deadline);
  }

  async *#watch(id: string, deadline: Deadline): AsyncGenerator<ResultRecord> {
    const runtime = await this.#opened(deadline, `the result of ${id}`);
    yield* watchNode(runtime, { ...(await requireNode(runtime, id)), id }, deadline);
  }

  async *#ends(members: Members, deadline: Deadline): ReturnType<Engine["ends"]> {
    const what = typeof members === "string" ? `the results of group ${members}` : `${members.length} results`;
    const runtime = await this.#opened(deadline, what);
    const { nodes } = await deadline.within(
      findMembers(runtime, members, requireNode),
      (timeoutMs) => `the broker did not say within ${timeoutMs} ms where to find ${what}`,
    );
    const ends = new MemberEnds(runtime, nodes, deadline);
    try {
      yield* ends.iterate();
    } finally {
      ends.end();
    }
  }

  /** The open parts, for somebody who does not wait for them for ever. */
  async #opened(deadline: Deadline, what: string): Promise<Runtime> {
    const runtime = await deadline.within(
      this.runtime(),
      (timeoutMs) => `the broker could not be reached within ${timeoutMs} ms, so ${what} could not be asked for`,
    );
    deadline.useTimers(runtime.timers);
    return runtime;
  }

  async #ask<Answer>(ask: (runtime: Runtime) => Promise<Answer>): Promise<Answer> {
    return await this.hold(this.#explained(this.runtime().then(ask)));
  }

  /** Words what ioredis and BullMQ throw when the connection is at fault. */
  async #explained<Value>(promise: Promise<Value>): Promise<Value> {
    try {
      return await promise;
    } catch (error) {
      if (!isConnectionError(error)) throw error;
      const runtime = await this.#runtime?.catch(() => undefined);
      throw runtime === undefined ? error : unreachable(error, runtime.broker);
    }
  }
}

async function openRedis(broker: Broker, options: RuntimeOptions): Promise<Runtime> {
  // ioredis and BullMQ take longer to load than a whole run of a command that needs neither.
  const { RedisRuntime } = await import("./redis-runtime.ts");
  const runtime = new RedisRuntime(broker, options);
  try {
    await runtime.open();
    return runtime;
  } catch (error) {
    await runtime.close();
    throw unreachable(error, broker);
  }
}

function resultOf(runKey: RunKey, index: number, node: GraphNode | undefined): Omit<SubmittedRun, "stored"> {
  const ownId = node?.kind !== "spread" ? node?.ownId : undefined;
  return { resultId: ownId ?? nodeId(runKey, index), isGroup: node?.kind === "join" };
}

/** The task that a run begins with. A callback may stand before it only where it begins with nothing. */
function firstTaskOf(nodes: readonly GraphNode[]): string {
  for (const node of nodes) if (node.kind === "task") return node.task;
  return "";
}

function hasNames(kwargs: Readonly<Record<string, unknown>>): boolean {
  for (const _name in kwargs) return true;
  return false;
}

/** Visits the tasks that starts lead to, through spreads. */
function visitStarts(
  starts: readonly StartToken[],
  nodeAt: (index: number) => GraphNode | undefined,
  visit: (node: TaskNode) => void,
): void {
  const open = starts.map((token) => Number(/^[ts](\d+)/.exec(token)?.[1]));
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    const node = nodeAt(index);
    if (node?.kind === "task") visit(node);
    if (node?.kind !== "spread") continue;
    for (const { kind, first, stride, count } of node.starts) {
      for (let ordinal = 0; ordinal < count; ordinal += 1) {
        const start = first + ordinal * stride;
        if (kind === "s") open.push(start);
        else {
          const started = nodeAt(start);
          if (started?.kind === "task") visit(started);
        }
      }
    }
  }
}

/** The dispatch of a task that starts at once, which is known before the store has answered. */
function plainDispatch(token: StartToken): Dispatch | undefined {
  const first = plainTaskIndex(token);
  return first === undefined ? undefined : { first, count: 1, stride: 1, generation: 1, delayMs: 0 };
}

function warnUnqueued(runKey: RunKey, problem: unknown): void {
  const reason = problem instanceof Error ? problem.message : String(problem);
  process.emitWarning(
    `run ${runKey} is stored, but its jobs could not be queued (${reason}); a worker will do that within seconds`,
    "UmbelWarning",
  );
}
