/**
 * What the definitions of a file mean, for one set of values of its params. One rule: a flow that is imported with the
 * same values is evaluated once, however often it is imported.
 */
import type { Diagnostics } from "../diagnostics.ts";
import { Duration } from "../duration.ts";
import { isList, isUnknown, type Value } from "../values.ts";
import { asValue } from "./coerce.ts";
import type { Evaluator, Scope } from "./evaluator.ts";
import { unknownParameters } from "./expand.ts";
import { ANYTHING, type Meaning, type Meanings } from "./meaning.ts";
import { type Definition, exportedNames, type ImportDefinition, type Module } from "./module.ts";
import { checkParamNames, type GivenParams, type ImportedValue, paramValue } from "./params.ts";
import type { Program } from "./program.ts";

/** Evaluates the files of a program. */
export class Instances {
  readonly #program: Program;
  readonly #evaluator: Evaluator;
  readonly #diagnostics: Diagnostics;
  readonly #flows = new Map<string, Meaning>();

  constructor(program: Program, evaluator: Evaluator, diagnostics: Diagnostics) {
    this.#program = program;
    this.#evaluator = evaluator;
    this.#diagnostics = diagnostics;
  }

  /** Gives the scope of a file with all its definitions evaluated. */
  evaluate(module: Module, given: GivenParams): Scope {
    const meanings = new Map<Definition, Meaning>();
    const scope: Scope = { module, meanings, locals: undefined };
    checkParamNames(module, given, this.#diagnostics);
    for (const definition of this.#program.orders.get(module) ?? []) {
      const meaning = this.#evaluateDefinition(definition, given, scope, meanings);
      meanings.set(definition, meaning);
      this.#checkLoose(meaning);
    }
    return scope;
  }

  #evaluateDefinition(definition: Definition, given: GivenParams, scope: Scope, meanings: Meanings): Meaning {
    const evaluator = this.#evaluator;
    switch (definition.kind) {
      case "param":
        return { kind: "value", value: paramValue(evaluator, definition, given, scope, this.#diagnostics) };
      case "let":
        return evaluator.evaluate(definition.statement.value, scope);
      case "def": {
        const meaning: Meaning = { kind: "def", def: definition.statement, module: scope.module, meanings };
        // A def is checked even if it is never called.
        const inner = unknownParameters(meaning);
        for (const { defaultValue } of definition.statement.parameters) {
          if (defaultValue !== undefined) evaluator.evaluate(defaultValue, inner);
        }
        this.#checkLoose(evaluator.evaluate(definition.statement.body, inner));
        return meaning;
      }
      case "import":
        return this.#evaluateImport(definition, scope);
      case "broken":
        return ANYTHING;
    }
  }

  #evaluateImport(definition: ImportDefinition, scope: Scope): Meaning {
    const evaluator = this.#evaluator;
    const { statement, module } = definition;
    const values = this.#readValues(definition, scope);
    const key = [module.source.file, ...[...values].map(([name, { value }]) => `${name} ${keyOf(value)}`)].join("\n");
    const known = this.#flows.get(key);
    if (known !== undefined) return known;
    evaluator.countSteps(STEPS_PER_IMPORT, statement, scope);
    const place = evaluator.originOf(statement.specifier, scope);
    const inner = evaluator.expand(place, "imported here", scope, () =>
      evaluator.isExhausted ? undefined : this.evaluate(module, { kind: "import", values, place }),
    );
    const exports = new Map<string, Meaning>();
    for (const name of exportedNames(module)) {
      const exported = module.definitions.get(name);
      exports.set(name, (exported === undefined ? undefined : inner?.meanings.get(exported)) ?? ANYTHING);
    }
    const flow: Meaning = { kind: "flow", module, exports };
    this.#flows.set(key, flow);
    return flow;
  }

  #readValues({ statement }: ImportDefinition, scope: Scope): ReadonlyMap<string, ImportedValue> {
    const values = new Map<string, ImportedValue>();
    if (statement.params?.kind !== "object") return values;
    for (const { key, value: written } of statement.params.entries) {
      const meaning = this.#evaluator.evaluate(written, scope);
      const value = asValue(this.#evaluator, meaning, `the param \`${key.name}\``, written, scope);
      const { source } = scope.module;
      values.set(key.name, { value, namePlace: { source, span: key }, place: { source, span: written } });
    }
    return values;
  }

  /** Checks what is wrong whether or not something arrives from before. */
  #checkLoose(meaning: Meaning): void {
    if (meaning.kind === "workflow") this.#evaluator.arity.checkStart(meaning.workflow, "unknown");
    if (meaning.kind === "list") for (const item of meaning.items) this.#checkLoose(item);
  }
}

/** What evaluating a file costs at least, so that imports that multiply come to an end. */
const STEPS_PER_IMPORT = 1000;

/** A text that is the same for the same value only. */
function keyOf(value: Value | undefined): string {
  if (value === undefined) return "?";
  if (isUnknown(value)) return `?${value.type ?? ""}`;
  if (value instanceof Duration) return `${value.milliseconds}ms`;
  if (isList(value)) return `[${value.map(keyOf).join()}]`;
  if (typeof value === "object" && value !== null) {
    return `{${[...value].map(([name, inner]) => `${JSON.stringify(name)}:${keyOf(inner)}`).join()}}`;
  }
  return JSON.stringify(value);
}
