/**
 * A flow with the flows that it imports, before anything is evaluated. One rule: each file is read, parsed and resolved
 * once, however often and by whichever road it is imported.
 */
import type { Expression, FlowFile, ImportStatement } from "../ast.ts";
import { resolveNames } from "../checker/names.ts";
import { orderDefinitions } from "../checker/order.ts";
import type { Resolution, Resolutions } from "../checker/resolution.ts";
import type { Diagnostics } from "../diagnostics.ts";
import type { Limits } from "../limits.ts";
import type { ImportAnswer, Resolver, TaskDeclaration } from "../resolver.ts";
import { Source } from "../source.ts";
import { parseSource } from "../syntax/parse.ts";
import { type Definition, type ImportLead, loadModule, type Module } from "./module.ts";

/** The files of a program, ready to be evaluated. */
export interface Program {
  readonly root: Module;
  readonly resolutions: Resolutions;
  /** The definitions of a file in an order in which each stands behind those it needs. */
  readonly orders: ReadonlyMap<Module, readonly Definition[]>;
}

interface ReadFile {
  readonly source: Source;
  readonly file: FlowFile;
  readonly answers: ReadonlyMap<ImportStatement, ImportAnswer>;
}

/** Reads a file and all that it imports. */
export function loadProgram(source: Source, resolver: Resolver, limits: Limits, diagnostics: Diagnostics): Program {
  const files = readFiles(source, resolver, limits, diagnostics);
  const { ordered, circular } = orderFiles(source.file, files, diagnostics);
  const modules = new Map<string, Module>();
  const resolutions = new Map<Expression, Resolution>();
  const orders = new Map<Module, readonly Definition[]>();
  const knownTasks = new Map<string, TaskDeclaration>();
  let root: Module | undefined;
  for (const { source, file, answers } of ordered) {
    const leadOf = (statement: ImportStatement): ImportLead => {
      const answer = answers.get(statement);
      if (answer === undefined || circular.has(statement)) return { kind: "failed" };
      if (answer.kind !== "flow") return answer;
      const module = modules.get(answer.file);
      return module === undefined ? { kind: "failed" } : { kind: "flow", module };
    };
    const module = loadModule(source, file, leadOf, resolver, knownTasks, diagnostics);
    modules.set(source.file, module);
    // The root needs all others, so it is the last.
    root = module;
    const needs = resolveNames(module, ordered.at(-1)?.source === source, resolutions, diagnostics);
    orders.set(module, orderDefinitions(module, needs, diagnostics));
  }
  if (root === undefined) throw new Error("a program without files");
  return { root, resolutions, orders };
}

function readFiles(
  root: Source,
  resolver: Resolver,
  limits: Limits,
  diagnostics: Diagnostics,
): ReadonlyMap<string, ReadFile> {
  const files = new Map<string, ReadFile>();
  const waiting: Source[] = [root];
  for (let source = waiting.pop(); source !== undefined; source = waiting.pop()) {
    if (files.has(source.file)) continue;
    const file = parseSource(source, limits, diagnostics);
    const answers = new Map<ImportStatement, ImportAnswer>();
    for (const statement of file.statements) {
      if (statement.kind !== "import") continue;
      const answer = resolver.import(statement.specifier.name, source.file);
      answers.set(statement, answer);
      if (answer.kind === "flow") waiting.push(new Source(answer.file, answer.text));
    }
    files.set(source.file, { source, file, answers });
  }
  return files;
}

interface FileVisit {
  readonly read: ReadFile;
  readonly imports: IterableIterator<[ImportStatement, ImportAnswer]>;
}

/** Files in an order in which each stands behind those it imports; imports that lead back are reported. */
function orderFiles(
  root: string,
  files: ReadonlyMap<string, ReadFile>,
  diagnostics: Diagnostics,
): { readonly ordered: readonly ReadFile[]; readonly circular: ReadonlySet<ImportStatement> } {
  const ordered: ReadFile[] = [];
  const circular = new Set<ImportStatement>();
  const path: FileVisit[] = [];
  const entered = new Set<string>();
  const done = new Set<string>();
  const enter = (file: string): void => {
    const read = files.get(file);
    if (read === undefined) return;
    entered.add(file);
    path.push({ read, imports: read.answers.entries() });
  };
  enter(root);
  for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
    const next = visit.imports.next();
    if (next.done === true) {
      path.pop();
      done.add(visit.read.source.file);
      ordered.push(visit.read);
      continue;
    }
    const [statement, answer] = next.value;
    if (answer.kind !== "flow") continue;
    if (!entered.has(answer.file)) {
      enter(answer.file);
    } else if (!done.has(answer.file)) {
      circular.add(statement);
      const names = path.map(({ read }) => read.source.file);
      const circle = [...names.slice(names.indexOf(answer.file)), answer.file];
      diagnostics.report("E507", visit.read.source, statement.specifier, { path: circle });
    }
  }
  return { ordered, circular };
}
