/**
 * What attempts add to their run. One rule: the nodes are stored first, where nothing leads to them; the attempt's
 * settlement commits them, so an attempt that was lost has added nothing.
 */
import { ImproperlyConfigured, InvalidSignatureError, nodeId, type SignatureData } from "@umbel/core";
import { type CompileEnvironment, compileMembers, compilePart, type GraphPart } from "../graph/compile.ts";
import { withOwnArguments } from "../graph/own-arguments.ts";
import type { Addition, GraphStore, StoredOutcome } from "../store/graph-store.ts";
import type { Attempt } from "./run-task.ts";

/** Compiles and stores what attempts ask for. */
export class GraphAdditions {
  readonly #store: GraphStore;
  readonly #environment: CompileEnvironment;

  constructor(store: GraphStore, environment: CompileEnvironment) {
    this.#store = store;
    this.#environment = environment;
  }

  /**
   * Stores what takes a task's place: it takes over its id and its seat in a group. Of an `each`, with its limit and options.
   * @throws ImproperlyConfigured for a canvas without any task
   */
  async replace({ runKey, index, node }: Attempt, replacement: SignatureData): Promise<StoredOutcome> {
    const { member: _replacement, ...how } = node.each ?? {};
    // What stands in its place has its stamps, unless it says others of these names.
    const { stamps } = node.options;
    const stamped = stamps === undefined || node.each !== undefined ? {} : { under: { stamps } };
    const place = {
      join: index,
      ownId: node.ownId ?? nodeId(runKey, index),
      ...(node.parent === undefined ? {} : { parent: node.parent }),
      ...(node.group === undefined ? {} : { group: node.group }),
      ...how,
      ...stamped,
    };
    const part = await this.#add(runKey, (base) => compilePart(replacement, { ...place, base }, this.#environment));
    if (part === undefined) throw new ImproperlyConfigured("Cannot replace with an empty chain");
    return { kind: "replaced", starts: part.starts, tail: part.tail };
  }

  /** Stores members that a task adds to the chord whose header it stands in; gives nothing if they stand for nothing. */
  async addToJoin({ runKey, node }: Attempt, signatures: readonly SignatureData[]): Promise<Addition | undefined> {
    const { join, group } = node;
    if (join === -1) throw new InvalidSignatureError(`task "${node.task}" is no member of a chord's header`);
    const place = { join, ...(group === undefined ? {} : { group }) };
    const members = await this.#add(runKey, (base) =>
      compileMembers(signatures, { ...place, base }, this.#environment),
    );
    return members === undefined ? undefined : { join, tails: members.tails, start: members.start };
  }

  /** Stores nodes where nothing else is. @param compileAt compiles them from an index on */
  async #add<Part extends Pick<GraphPart, "nodes">>(
    runKey: Attempt["runKey"],
    compileAt: (base: number) => Part | undefined,
  ): Promise<Part | undefined> {
    // How many indices it takes is known when it was compiled once; where they are, only then.
    const draft = compileAt(0);
    if (draft === undefined) return undefined;
    const base = await this.#store.allocate(runKey, draft.nodes.length);
    const part = compileAt(base);
    if (part !== undefined) await this.#store.addNodes(runKey, withOwnArguments(part.nodes, this.#environment), base);
    return part;
  }
}
