/**
 * A group whose members come one by one. One rule: what follows the group stands in front of its members, so that its
 * indices, and the id of its result, are known before the first of them.
 *
 * Spread and join are nodes 0 and 1; they are whole only when the last member was added.
 */
import type { ChordData, GroupData, RunKey, SignatureData } from "@umbel/core";
import type { RunMeta } from "../codec.ts";
import { appendIndex, countStretches, GRAPH_VERSION, type GraphNode, type StartToken } from "../graph.ts";
import type { CompileEnvironment } from "./call-options.ts";
import { Compiler, type OpenGroup } from "./compiler.ts";
import { tokenOf } from "./drafts.ts";
import { groupMembers } from "./members.ts";
import { memberPlace, type Place } from "./place.ts";
import { type Alike, PlainMembers, sharedWith } from "./plain-members.ts";

/** The nodes of one member, and what of them starts at once. */
export interface MemberNodes {
  /** The index of the first. */
  readonly base: number;
  readonly nodes: readonly GraphNode[];
  readonly starts: readonly StartToken[];
}

/** Compiles members behind one another, with what is around them. */
export class MemberStream {
  readonly #environment: CompileEnvironment;
  readonly #group: GroupData;
  readonly #head: Compiler;
  readonly #open: OpenGroup;
  /** Nothing of it where the group says something of each member. */
  readonly #plain: PlainMembers | undefined;
  readonly #headCount: number;
  readonly #aliases: string[] = [];
  #alike: Alike = "any";
  #nextIndex: number;
  #root: number | undefined;
  #rootId: string | undefined;

  /** @param signature the group, or the chord whose header it is; its members are added after those it has */
  constructor(signature: GroupData | ChordData, place: Place, environment: CompileEnvironment) {
    this.#environment = environment;
    this.#group = signature.kind === "chord" ? signature.header : signature;
    this.#head = new Compiler(environment);
    this.#open = this.#head.open(signature, place);
    if (this.#group.options?.link === undefined) this.#plain = new PlainMembers(this.#open.place, this.#open.join);
    const head = this.#head.finish();
    this.#noteAliases(head);
    this.#headCount = head.length;
    this.#nextIndex = head.length;
  }

  /** The index of the result. */
  get result(): number {
    return this.#open.compiled.tail.index;
  }

  /** Compiles a member; a group is its members. @throws InvalidSignatureError */
  add(data: SignatureData): MemberNodes[] {
    const base = this.#nextIndex;
    const plain = this.#plain?.member(data, base);
    if (plain !== undefined) {
      const { spread, tails } = this.#open;
      const nodes = [plain.node];
      appendIndex(spread.starts, base, "t", plain.suffix);
      appendIndex(tails, base, "t", "");
      this.#alike = sharedWith(this.#alike, plain.node);
      this.#nextIndex += 1;
      this.#noteRoot(base, nodes);
      return [{ base, nodes, starts: [`t${base}${plain.suffix}`] }];
    }
    return groupMembers({ ...this.#group, members: [data] }).map((member) => this.#addOne(member));
  }

  #addOne(data: SignatureData): MemberNodes {
    const base = this.#nextIndex;
    const { place, spread, join, tails } = this.#open;
    const compiler = new Compiler(this.#environment, base);
    this.#alike = undefined;
    const compiled = compiler.place(data, memberPlace(place, { index: join.index }));
    if (compiled === undefined) return { base, nodes: [], starts: [] };
    compiled.tail.node.isTail = true;
    for (const start of compiled.starts) appendIndex(spread.starts, start.index, start.kind, start.suffix);
    appendIndex(tails, compiled.tail.index, "t", "");
    const nodes = compiler.finish();
    this.#nextIndex += nodes.length;
    this.#noteAliases(nodes);
    this.#noteRoot(base, nodes);
    return { base, nodes, starts: compiled.starts.map(tokenOf) };
  }

  #noteAliases(nodes: readonly GraphNode[]): void {
    for (const node of nodes) if (node.kind !== "spread" && node.ownId !== undefined) this.#aliases.push(node.ownId);
  }

  #noteRoot(base: number, nodes: readonly GraphNode[]): void {
    if (this.#root !== undefined) return;
    const first = nodes.findIndex((node) => node.kind === "task");
    const node = nodes[first];
    if (node?.kind !== "task") return;
    this.#root = base + first;
    this.#rootId = node.ownId;
  }

  /** The nodes in front of the members, as they are now. */
  head(): GraphNode[] {
    const { spread, join, tails } = this.#open;
    spread.alike = this.#alike === "any" ? undefined : this.#alike;
    join.node.size = countStretches(tails);
    return this.#head.finish();
  }

  /** How many nodes stand in front of the members. */
  get headCount(): number {
    return this.#headCount;
  }

  /** What is known of the run as a whole when all members were added. */
  finish(runKey: RunKey): { readonly runKey: RunKey; readonly meta: RunMeta; readonly starts: readonly StartToken[] } {
    const rootId = this.#rootId;
    const meta: RunMeta = {
      version: GRAPH_VERSION,
      nodeCount: this.#nextIndex,
      result: this.result,
      root:
        this.#root ??
        Math.max(
          0,
          this.head().findIndex((node) => node.kind === "task"),
        ),
      ...(rootId === undefined ? {} : { rootId }),
      ...(this.#aliases.length === 0 ? {} : { aliases: this.#aliases }),
    };
    return { runKey, meta, starts: this.#open.compiled.starts.map(tokenOf) };
  }
}
