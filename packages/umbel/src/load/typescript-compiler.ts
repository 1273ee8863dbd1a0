/**
 * The TypeScript compiler of a user's project, as far as types of tasks need it. One rule: it is the project's own or none;
 * nothing here is installed or required.
 */
import { createRequire } from "node:module";
import type ts from "typescript";

/** The compiler. */
export type TypeScript = typeof ts;

/** Gives the compiler that a file would import, if it has an interface for programs. */
export function findTypeScript(file: string): TypeScript | undefined {
  try {
    const found: unknown = createRequire(file)("typescript");
    return isTypeScript(found) ? found : undefined;
  } catch {
    // A project without TypeScript, or with one that is broken, has no types to read.
    return undefined;
  }
}

function isTypeScript(value: unknown): value is TypeScript {
  return typeof value === "object" && value !== null && "createProgram" in value && "version" in value;
}
