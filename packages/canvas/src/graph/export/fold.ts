/**
 * Many that are alike drawn as one, so that a graph of 100,000 nodes can be read. One rule: what is left out is counted;
 * a step that stands for many knows all of their indices.
 */
import { type Callback, type Sequence, type Step, withHolders } from "./outline.ts";

/**
 * Draws members of a group that are alike as one where there are more than `most` of them, and so steps one behind the
 * other. Alike are those with the same tasks in the same order, whatever their arguments; groups within may differ in
 * size. Linear in the number of nodes.
 */
export function fold(outline: Sequence, most: number): Sequence {
  return Number.isFinite(most) ? new Folder(most).fold(outline) : outline;
}

class Folder {
  readonly #most: number;
  readonly #shapes = new Shapes();
  /** Callbacks are shared by steps, and must be so when they were folded. */
  readonly #folded = new Map<Callback, Callback>();

  constructor(most: number) {
    this.#most = most;
  }

  fold({ steps }: Sequence): Sequence {
    return { steps: this.#fewerInSeries(steps).map((step) => this.#foldStep(step)) };
  }

  #fewerInSeries(steps: readonly Step[]): readonly Step[] {
    const runs = runsOf(steps, (step) => this.#shapes.ofStep(step));
    if (runs.every((run) => run.length <= this.#most)) return steps;
    // What a step of the run calls may be called by others too.
    const joined = new Map<Callback, Callback>();
    const now = (callback: Callback): Callback => {
      const one = joined.get(callback);
      return one === undefined ? callback : now(one);
    };
    const left = runs.flatMap((run) => {
      if (run.length <= this.#most) return run;
      const calls = (run[0]?.calls ?? []).map((_, place) => {
        const unlike = new Set(run.flatMap((step) => step.calls[place] ?? []).map(now));
        const one = this.#oneCallback([...unlike]);
        for (const callback of unlike) if (callback !== one) joined.set(callback, one);
        return one;
      });
      return [{ ...this.#oneStep(run), inSeries: true, calls }];
    });
    return withHolders(left.map((step) => ({ ...step, calls: [...new Set(step.calls.map(now))] })));
  }

  #foldStep(step: Step): Step {
    const members = step.members === undefined ? undefined : this.#unlike(step.members, this.#most);
    return {
      ...step,
      members: members?.map((member) => this.fold(member)),
      calls: step.calls.map((callback) => this.#foldCallback(callback)),
      holds: step.holds.map((callback) => this.#foldCallback(callback)),
    };
  }

  #foldCallback(callback: Callback): Callback {
    const known = this.#folded.get(callback);
    if (known !== undefined) return known;
    const folded: Callback = { kind: callback.kind, sequence: this.fold(callback.sequence) };
    this.#folded.set(callback, folded);
    return folded;
  }

  /** Gives sequences with each shape of which there are more than `most` drawn as one, where the first of them was. */
  #unlike(sequences: readonly Sequence[], most: number): readonly Sequence[] {
    const byShape = groupBy(sequences, (sequence) => this.#shapes.of(sequence));
    return sequences.flatMap((sequence) => {
      const alike = byShape.get(this.#shapes.of(sequence)) ?? [];
      if (alike.length <= most) return [sequence];
      return alike[0] === sequence ? [this.#sideBySide(alike)] : [];
    });
  }

  /** Draws sequences of one shape as one. */
  #sideBySide(alike: readonly Sequence[]): Sequence {
    const [first] = alike;
    if (first === undefined || alike.length === 1) return first ?? { steps: [] };
    const callbacks = new Map<Callback, Callback>();
    return {
      steps: first.steps.map((step, position) => {
        const steps = alike.flatMap((sequence) => sequence.steps[position] ?? []);
        const joined = (of: "calls" | "holds") =>
          step[of].map((callback, place) => {
            const known = callbacks.get(callback);
            if (known !== undefined) return known;
            const one = this.#oneCallback(steps.flatMap((each) => each[of][place] ?? []));
            callbacks.set(callback, one);
            return one;
          });
        return { ...this.#oneStep(steps), calls: joined("calls"), holds: joined("holds") };
      }),
    };
  }

  /** One step for many; what it calls is not joined yet. */
  #oneStep(steps: readonly Step[]): Step {
    const [first] = steps;
    if (first === undefined) throw new Error("nothing cannot be drawn as one");
    return {
      ...first,
      indices: steps.flatMap((step) => step.indices),
      sizes: steps.flatMap((step) => step.sizes),
      members: first.members === undefined ? undefined : this.#oneList(steps.map((step) => step.members ?? [])),
    };
  }

  /** Members of groups of one shape: place by place where the groups are equal, else one of each shape. */
  #oneList(lists: readonly (readonly Sequence[])[]): readonly Sequence[] {
    const [first = []] = lists;
    const shapes = first.map((member) => this.#shapes.of(member));
    const areEqual = lists.every(
      (list) =>
        list.length === shapes.length && list.every((member, place) => this.#shapes.of(member) === shapes[place]),
    );
    if (!areEqual) return this.#unlike(lists.flat(), 1);
    return first.map((_, place) => this.#sideBySide(lists.flatMap((list) => list[place] ?? [])));
  }

  #oneCallback(callbacks: readonly Callback[]): Callback {
    const unlike = [...new Set(callbacks)];
    const [first] = unlike;
    if (first === undefined) throw new Error("no callback cannot be drawn as one");
    if (unlike.length === 1) return first;
    return { kind: first.kind, sequence: this.#sideBySide(unlike.map(({ sequence }) => sequence)) };
  }
}

/** Gives what is alike one number. What was joined has the shape of what it was made of, since sizes are no part of it. */
class Shapes {
  readonly #numbers = new Map<string, number>();
  readonly #quotedTasks = new Map<string, string>();
  readonly #known = new WeakMap<Sequence | Step, number>();

  of(sequence: Sequence): number {
    return this.#remembered(sequence, () => {
      const [only] = sequence.steps;
      // Members of large groups are mostly such.
      if (only !== undefined && sequence.steps.length === 1 && only.calls.length === 0) {
        return `sequence ${this.ofStep(only)}()`;
      }
      const own = new Map<Callback, number>();
      // Whether two steps share a callback or have one each makes a difference.
      const name = (callback: Callback): number => {
        const known = own.get(callback) ?? own.size;
        own.set(callback, known);
        return known;
      };
      const steps = sequence.steps.map((step) => `${this.ofStep(step)}(${step.calls.map(name).join(",")})`);
      return `sequence ${steps.join(" ")}`;
    });
  }

  ofStep(step: Step): number {
    return this.#remembered(step, () => {
      const { node, coming, members, calls } = step;
      const what = node.kind === "task" ? `${node.mode ?? "task"} ${this.#quoted(node.task)}` : "group";
      if (members === undefined && calls.length === 0) return `${what} ${coming === "after" ? coming : ""}  `;
      const inner = members === undefined ? "" : [...new Set(members.map((member) => this.of(member)))].join(" ");
      const called = calls.map(({ kind, sequence }) => `${kind} ${this.of(sequence)}`).join(" ");
      return `${what} ${coming === "after" ? coming : ""} ${members === undefined ? "" : `[${inner}]`} ${called}`;
    });
  }

  #quoted(task: string): string {
    const known = this.#quotedTasks.get(task) ?? JSON.stringify(task);
    this.#quotedTasks.set(task, known);
    return known;
  }

  #remembered(what: Sequence | Step, describe: () => string): number {
    const known = this.#known.get(what);
    if (known !== undefined) return known;
    const text = describe();
    const number = this.#numbers.get(text) ?? this.#numbers.size;
    this.#numbers.set(text, number);
    this.#known.set(what, number);
    return number;
  }
}

/** Cuts a list where the key changes. */
function runsOf<Item>(items: readonly Item[], keyOf: (item: Item) => number): readonly Item[][] {
  const runs: Item[][] = [];
  let last: number | undefined;
  for (const item of items) {
    const key = keyOf(item);
    if (key === last) runs.at(-1)?.push(item);
    else runs.push([item]);
    last = key;
  }
  return runs;
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => number): ReadonlyMap<number, readonly Item[]> {
  const groups = new Map<number, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
