/** Puts arguments in front of those of a canvas's first step, as the task `replace_with` does with its own. */
import type { SignatureData } from "@umbel/core";

/** Gives the canvas with `args` in front: of every member of a group or a chord's header, of a chain's first step. */
export function prependArguments(signature: SignatureData, args: readonly unknown[]): SignatureData {
  if (args.length === 0) return signature;
  switch (signature.kind) {
    case "chain": {
      const [first, ...rest] = signature.steps;
      return first === undefined ? signature : { ...signature, steps: [prependArguments(first, args), ...rest] };
    }
    case "group":
      return { ...signature, members: signature.members.map((member) => prependArguments(member, args)) };
    case "chord": {
      const members = signature.header.members.map((member) => prependArguments(member, args));
      return { ...signature, header: { ...signature.header, members } };
    }
    case "task":
    case "map":
    case "starmap":
    case "chunks":
    case "each":
      return { ...signature, args: [...args, ...(signature.args ?? [])] };
  }
}
