/** The text of a flow, from a file or from the command line. */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { UmbelError } from "@umbel/core";
import { codeOf, describeSystemError } from "../broker/system-error.ts";
import { showFile } from "./import-module.ts";

/** A flow that was read and not yet looked at. */
export interface FlowSource {
  /** What messages call it. */
  readonly name: string;
  /** Absolute; what its imports are relative to. */
  readonly path: string;
  readonly text: string;
}

/** A file of a flow cannot be read. */
export class FlowFileError extends UmbelError {
  readonly code = "FLOW_UNREADABLE";
}

/**
 * Reads a flow file.
 * @param directory what `file` is relative to
 * @throws FlowFileError when that is not possible
 */
export async function readFlowFile(file: string, directory: string): Promise<FlowSource> {
  const path = resolve(directory, file);
  try {
    return { name: showFile(path), path, text: await readFile(path, "utf8") };
  } catch (cause) {
    const reason = codeOf(cause) === "EISDIR" ? "it is a folder" : describeSystemError(cause);
    throw new FlowFileError(`cannot read ${showFile(path)}: ${reason}`, { cause });
  }
}

/** Makes the source of what `-e` says; it lies in the current folder, as far as imports are concerned. */
export function sourceOfExpression(text: string, directory: string): FlowSource {
  return { name: "-e", path: join(directory, "-e"), text };
}

/** Makes the source of what comes by standard input; it lies in the current folder, as far as imports are concerned. */
export function sourceOfInput(text: string, directory: string): FlowSource {
  return { name: "standard input", path: join(directory, "-"), text };
}
