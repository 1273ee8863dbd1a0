/** Random signatures and values. One rule: what is made here is in the stored form, where what says nothing is absent. */
import fc from "fast-check";
import type { SignatureOptions } from "../../src/options.ts";
import type { SignatureData } from "../../src/signature/data.ts";

/** Values that JSON holds unchanged. */
export function plainJson(): fc.Arbitrary<unknown> {
  // JSON has no minus zero, and `__proto__` is a property that object literals cannot have.
  const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constantFrom(null, true, false),
      number,
      fc.string(),
      fc.array(tie("tree"), { maxLength: 4 }),
      fc.dictionary(
        fc.string().filter((name) => name !== "__proto__"),
        tie("tree"),
        { maxKeys: 4, noNullPrototype: true },
      ),
    ),
  }));
  return tree;
}

const taskName = fc.constantFrom("add", "mul", "tasks.add", "with space", "ünï", "import");

const args = fc.array(plainJson(), { minLength: 1, maxLength: 3 });

const kwargs = fc.dictionary(fc.constantFrom("x", "y", "key"), plainJson(), {
  minKeys: 1,
  maxKeys: 3,
  noNullPrototype: true,
});

const seconds = fc.integer({ min: 0, max: 100_000 }).map((tenths) => tenths / 10);
const moment = fc
  .date({ noInvalidDate: true, min: new Date(0), max: new Date("2100-01-01") })
  .map((date) => date.toISOString());

type Parts = { signature: SignatureData };

/** Any signature, in the form in which it is stored. */
export function anySignature(): fc.Arbitrary<SignatureData> {
  const { signature } = fc.letrec<Parts>((tie) => {
    const inner = tie("signature");
    const some = fc.array(inner, { maxLength: 3 });
    const plainOptions = fc
      .record(
        {
          taskId: fc.string({ minLength: 1 }),
          queue: fc.string({ minLength: 1 }),
          priority: fc.integer({ min: 0, max: 9 }),
          countdown: seconds,
          eta: moment,
          expires: fc.oneof(seconds, moment),
          retries: fc.nat(),
          retryDelay: seconds,
          timeLimit: seconds,
          softTimeLimit: seconds,
          ignoreResult: fc.boolean(),
          failFast: fc.boolean(),
          serializer: fc.constant("json"),
          compression: fc.constant("gzip"),
          headers: kwargs,
          shadow: fc.string({ minLength: 1 }),
          link: fc.array(inner, { maxLength: 2 }),
          linkError: fc.array(inner, { maxLength: 2 }),
        },
        { requiredKeys: [], noNullPrototype: true },
      )
      .filter((options) => Object.keys(options).length > 0);
    const options: fc.Arbitrary<SignatureOptions> = plainOptions;
    const carrying = <Own extends object>(own: fc.Arbitrary<Own>): fc.Arbitrary<Own & object> =>
      fc
        .tuple(
          own,
          fc.record(
            { args, kwargs, options, immutable: fc.constant(true as const) },
            { requiredKeys: [], noNullPrototype: true },
          ),
        )
        .map(([fields, common]) => ({ ...fields, ...common }));
    const items = fc.array(plainJson(), { maxLength: 3 });
    const task = carrying(fc.record({ kind: fc.constant("task" as const), task: taskName }, { noNullPrototype: true }));
    const group = carrying(
      fc.oneof(
        fc.record({ kind: fc.constant("group" as const), members: some }, { noNullPrototype: true }),
        fc.record(
          { kind: fc.constant("group" as const), members: some, unroll: fc.constant(true as const) },
          { noNullPrototype: true },
        ),
      ),
    );
    return {
      signature: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        task,
        carrying(fc.record({ kind: fc.constant("chain" as const), steps: some }, { noNullPrototype: true })),
        group,
        carrying(
          fc.record({ kind: fc.constant("chord" as const), header: group, body: inner }, { noNullPrototype: true }),
        ),
        carrying(
          fc.record(
            { kind: fc.constantFrom("map" as const, "starmap" as const), task: taskName, items },
            { noNullPrototype: true },
          ),
        ),
        carrying(
          fc.record(
            { kind: fc.constant("chunks" as const), task: taskName, items, size: fc.integer({ min: 1 }) },
            { noNullPrototype: true },
          ),
        ),
        carrying(fc.record({ kind: fc.constant("each" as const), member: inner }, { noNullPrototype: true })),
        carrying(
          fc.record(
            { kind: fc.constant("each" as const), member: inner, limit: fc.integer({ min: 1 }) },
            { noNullPrototype: true },
          ),
        ),
      ),
    };
  });
  return signature;
}
