/** Where a function was called from, for messages and automatic names. One rule: the stack is read only when asked for. */
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

/** The place of a call. */
export interface CallSite {
  /** `file:line:column`, if the stack tells. */
  place(): string | undefined;
  /** The file, if the stack tells. */
  file(): string | undefined;
  /** The name of the module's file without its ending, if the stack tells. */
  module(): string | undefined;
}

/** Notes where the function that calls this one was called from. @param above the function whose caller is meant */
export function callSite(above: Parameters<typeof Error.captureStackTrace>[1]): CallSite {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, above);
  const place = (): string | undefined => readFrame(holder.stack?.split("\n")[1]);
  const file = (): string | undefined => place()?.replace(/:\d+:\d+$/, "");
  return {
    place,
    file,
    module: () => {
      const path = file();
      return path === undefined ? undefined : basename(path).replace(/\.[cm]?[jt]sx?$/, "");
    },
  };
}

function readFrame(frame: string | undefined): string | undefined {
  if (frame === undefined) return undefined;
  // `at name (place)`, `at async place` or `at place`; a path may hold spaces and parentheses of its own.
  const body = frame.trim().replace(/^at (async )?/, "");
  const opening = body.indexOf(" (");
  const place = body.endsWith(")") && opening !== -1 ? body.slice(opening + 2, -1) : body;
  const [, file, position] = /^(.*?)(:\d+:\d+)$/.exec(place) ?? [];
  if (file === undefined || position === undefined || file.startsWith("node:")) return undefined;
  // A module loader may add a query, to import the same file anew.
  const path = file.startsWith("file://") ? fileURLToPath(file.replace(/\?.*$/, "")) : file;
  return path + position;
}
