/**
 * A group whose members are taken while it is sent. One rule: it is no data: its members are nowhere until somebody asks
 * for them, so it can be sent, and nothing else.
 */
import {
  type AnySignature,
  type App,
  type ApplyOptions,
  type AsyncResult,
  type CallOptions,
  type ChordData,
  chainData,
  type GroupData,
  type GroupResult,
  InvalidSignatureError,
  mergeOptions,
  normalizeOptions,
  type PipeFits,
  readCall,
  type Submission,
  submit,
} from "@umbel/core";
import { signatureOf } from "./chain.ts";

/** Where members come from. */
export type MemberSource<Member extends AnySignature = AnySignature> = Iterable<Member> | AsyncIterable<Member>;

/** The handle on a result of this kind. */
type HandleOf<Out, Kind> = Kind extends "one"
  ? AsyncResult<Out>
  : Out extends readonly unknown[]
    ? GroupResult<Out>
    : never;

/** A group of members that come one by one, and what follows it. Made by `group.stream`. */
export class StreamedGroup<in In extends readonly unknown[], out Out, out Kind extends "one" | "flat" | "nested"> {
  readonly #app: App;
  readonly #members: MemberSource;
  readonly #data: GroupData | ChordData;
  readonly #use: { isSpent: boolean };

  declare readonly "~in": (args: In) => void;
  declare readonly "~out": Out;
  declare readonly "~kind": Kind;

  constructor(app: App, members: MemberSource, data: GroupData | ChordData, use = { isSpent: false }) {
    this.#app = app;
    this.#members = members;
    this.#data = data;
    this.#use = use;
  }

  /** Sends it, each member with these arguments in front of its own. @see applyAsync */
  delay(...args: In): Submission<HandleOf<Out, Kind>> {
    return this.applyAsync(args);
  }

  /**
   * Takes the members one by one and stores them as they come; the next is asked for when there is room. Nothing starts
   * before the last is stored. The submission rejects with what the source throws, and then nothing is left of it.
   * @throws InvalidSignatureError when the members can be taken once, and were
   */
  applyAsync(args: readonly unknown[] = [], options: ApplyOptions = {}): Submission<HandleOf<Out, Kind>> {
    const { request: call, producer } = readCall(args, options);
    const request = { ...call, signature: this.#data, members: this.#take() };
    // The type is what the members' own types say; at run time a handle is what the result is.
    return submit(this.#app, request, producer) as Submission<HandleOf<Out, Kind>>;
  }

  /** The chord of this group and `next`; behind one, the chord of the group and a chain. */
  pipe<Next extends AnySignature>(next: PipeFits<Out, Next>): StreamedGroup<In, Next["~out"], Next["~kind"]> {
    const { data } = signatureOf(next, "what follows the streamed group");
    const chord: ChordData =
      this.#data.kind === "group"
        ? { kind: "chord", header: this.#data, body: data }
        : { ...this.#data, body: chainData([this.#data.body, data]) };
    return new StreamedGroup(this.#app, this.#members, chord, this.#use);
  }

  /** The same with these options laid over those it has. @throws OptionError */
  set(options: CallOptions): StreamedGroup<In, Out, Kind> {
    const merged = mergeOptions(this.#data.options, normalizeOptions({ ...options })) ?? {};
    return new StreamedGroup(this.#app, this.#members, { ...this.#data, options: merged }, this.#use);
  }

  /** @throws InvalidSignatureError always: its members are not there to be written */
  toJSON(): never {
    throw new InvalidSignatureError(
      "a streamed group is no data: its members are taken when it is sent; use `group([...])` for one that can be stored",
    );
  }

  toString(): string {
    return "<streamed group>";
  }

  /** What can be iterated once gives nothing the second time, which would be an empty group. */
  #take(): MemberSource {
    if (this.#use.isSpent && "next" in this.#members) {
      throw new InvalidSignatureError(
        "the members of this streamed group were taken before; make it of a list, or of a new generator each time",
      );
    }
    this.#use.isSpent = true;
    return this.#members;
  }
}
