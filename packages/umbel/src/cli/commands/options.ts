/** How words of the command line become values, for several commands. */
import { InvalidArgumentError } from "commander";

/** Collects an option that may be given more than once. */
export function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}

/** Reads how many tasks run at once. */
export function readCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count) && count > 0) return count;
  throw new InvalidArgumentError("It must be a whole number of at least 1.");
}

/** Reads names between commas. */
export function readNames(text: string): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.every((name) => name !== "")) return names;
  throw new InvalidArgumentError("It must be names between commas, such as `default,mail`.");
}

/** What `--broker` means. @param schemes of the URLs that the command can use */
const brokerOption = (schemes: string) =>
  ["--broker <url>", `${schemes}; by default FLOW_BROKER, then the App's \`broker\`, then embedded:`] as const;

/** For commands that load what a flow imports. */
export const OUTSIDE_OPTION = ["--allow-outside", "let the flow import files outside of its project"] as const;

/** For commands that other processes have to reach. */
export const SHARED_BROKER_OPTION = brokerOption("redis://…, rediss://…, unix://… or embedded:");

/** For commands that can do with this process alone. */
export const BROKER_OPTION = brokerOption("redis://…, rediss://…, unix://…, embedded: or memory:");
