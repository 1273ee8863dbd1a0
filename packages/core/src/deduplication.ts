/** Calls that are sent once. One rule: what is the same call says its sender, by a key, and for how long. */
import { parseSeconds } from "./duration.ts";
import { OptionError } from "./errors.ts";
import type { DurationInput } from "./options.ts";
import { show } from "./show.ts";
import { didYouMean } from "./suggest.ts";

/** Which calls are the same, as people write it. */
export interface DeduplicationInput {
  /** Calls of one task with one key are the same. */
  key: string;
  /** For how long after one that was sent: seconds, or text such as `"10m"`. */
  window: DurationInput;
}

/** The same, read. */
export interface Deduplication {
  readonly key: string;
  readonly windowMs: number;
}

const FIELDS: readonly string[] = ["key", "window"] satisfies (keyof DeduplicationInput)[];

/** Reads the option `deduplication`; gives nothing for a call that says nothing. @throws OptionError */
export function deduplicationOf(value: unknown): { readonly deduplication?: Deduplication } {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new OptionError(
      `option \`deduplication\` must be an object such as { key: "order-7", window: "10m" }; got ${show(value)}`,
    );
  }
  const unknown = Object.keys(value).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) {
    throw new OptionError(
      `option \`deduplication\` has no \`${unknown}\`${didYouMean(unknown, FIELDS)}; it has ${FIELDS.join(", ")}`,
    );
  }
  const { key, window }: Partial<DeduplicationInput> = value;
  if (typeof key !== "string" || key === "") {
    throw new OptionError(`\`key\` of option \`deduplication\` must be text that is not empty; got ${show(key)}`);
  }
  const windowMs = Math.round(parseSeconds(window, "`window` of option `deduplication`") * 1000);
  if (windowMs < 1) {
    throw new OptionError(`\`window\` of option \`deduplication\` must be longer than nothing; got ${show(window)}`);
  }
  return { deduplication: { key, windowMs } };
}
