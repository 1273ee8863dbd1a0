/** Types of tasks, read by the compiler from the calls of `app.task`. One rule: what JSON does not keep is "any". */
import type { ObjectKey, TaskTypes, ValueType } from "@umbel/dsl";
import type ts from "typescript";
import type { TypeScript } from "./typescript-compiler.ts";

/** What was read, and from which files. */
export interface ReadTypes {
  /** By `file:line` of the call. */
  readonly tasks: Readonly<Record<string, TaskTypes>>;
  /** The project's own files that were looked at. */
  readonly files: readonly string[];
}

/** Reads the types of the tasks that files define. */
export function readTaskTypes(typescript: TypeScript, files: readonly string[]): ReadTypes {
  const program = typescript.createProgram([...files], optionsFor(typescript, files[0] ?? ""));
  const reader = new TypeReader(typescript, program.getTypeChecker());
  const tasks: Record<string, TaskTypes> = {};
  for (const file of files) {
    const source = program.getSourceFile(file);
    if (source === undefined) continue;
    const visit = (node: ts.Node): void => {
      if (typescript.isCallExpression(node) && typescript.isPropertyAccessExpression(node.expression)) {
        const types = node.expression.name.text === "task" ? reader.typesOf(node) : undefined;
        const { line } = source.getLineAndCharacterOfPosition(node.expression.name.getStart(source));
        if (types !== undefined) tasks[`${file}:${line + 1}`] = types;
      }
      typescript.forEachChild(node, visit);
    };
    visit(source);
  }
  const own = program.getSourceFiles().filter((source) => !source.fileName.includes("/node_modules/"));
  return { tasks, files: own.map(({ fileName }) => fileName) };
}

function optionsFor(typescript: TypeScript, file: string): ts.CompilerOptions {
  const path = typescript.findConfigFile(file, (name) => typescript.sys.fileExists(name));
  const own =
    path === undefined
      ? DEFAULTS
      : typescript.parseJsonConfigFileContent(
          typescript.readConfigFile(path, (name) => typescript.sys.readFile(name)).config,
          typescript.sys,
          path.replace(/[^/]*$/, ""),
        ).options;
  return { ...own, noEmit: true, allowImportingTsExtensions: true, skipLibCheck: true, composite: false };
}

/** What a project without a tsconfig.json has: Node's way of finding modules (99 stands for "NodeNext"). */
const DEFAULTS: ts.CompilerOptions = { strict: true, module: 199, moduleResolution: 99, target: 99 };

/** Deeper types, such as those that hold themselves, are not looked into. */
const DEEPEST = 5;
const MOST_PARTS = 50;
const ANY: ValueType = { sort: "any" };

class TypeReader {
  readonly #typescript: TypeScript;
  readonly #checker: ts.TypeChecker;

  constructor(typescript: TypeScript, checker: ts.TypeChecker) {
    this.#typescript = typescript;
    this.#checker = checker;
  }

  /** The types of a call of `app.task`: those of the Task that it gives. */
  typesOf(call: ts.CallExpression): TaskTypes | undefined {
    const task = this.#checker.getTypeAtLocation(call);
    if (task.getSymbol()?.name !== "Task" || !this.#isReference(task)) return undefined;
    const [parameters, result] = this.#checker.getTypeArguments(task);
    if (parameters === undefined || result === undefined || !this.#checker.isTupleType(parameters)) return undefined;
    const tuple = parameters as ts.TupleTypeReference;
    const read: { name: string; type: ValueType }[] = [];
    let rest: ValueType | undefined;
    for (const [index, type] of this.#checker.getTypeArguments(tuple).entries()) {
      const flags = tuple.target.elementFlags[index] ?? 0;
      if ((flags & this.#typescript.ElementFlags.Variable) !== 0) rest = this.#read(type, 0);
      else {
        const label = tuple.target.labeledElementDeclarations?.[index]?.name;
        const name = label !== undefined && this.#typescript.isIdentifier(label) ? label.text : `argument ${index + 1}`;
        read.push({ name, type: this.#read(type, 0) });
      }
    }
    const awaited = this.#checker.getAwaitedType(result) ?? result;
    return { parameters: read, result: this.#read(awaited, 0), ...(rest !== undefined && { rest }) };
  }

  #isReference(type: ts.Type): type is ts.TypeReference {
    return "target" in type;
  }

  #read(type: ts.Type, depth: number): ValueType {
    const { TypeFlags } = this.#typescript;
    const has = (flags: number): boolean => (type.flags & flags) !== 0;
    if (depth > DEEPEST) return ANY;
    if (has(TypeFlags.Null | TypeFlags.Undefined | TypeFlags.Void)) return { sort: "null" };
    if (type.isStringLiteral() || type.isNumberLiteral()) return { sort: "literal", value: type.value };
    if (has(TypeFlags.StringLike)) return { sort: "string" };
    if (has(TypeFlags.NumberLike)) return { sort: "number" };
    if (has(TypeFlags.BooleanLike)) return { sort: "bool" };
    if (type.isUnion()) {
      if (type.types.length > MOST_PARTS) return ANY;
      const parts = type.types.map((part) => this.#read(part, depth));
      return parts.some(({ sort }) => sort === "any") ? ANY : { sort: "union", of: parts };
    }
    if (!has(TypeFlags.Object)) return ANY;
    if (this.#checker.isArrayType(type) || this.#checker.isTupleType(type)) {
      const items = this.#checker.getTypeArguments(type as ts.TypeReference).map((item) => this.#read(item, depth + 1));
      const [only] = items;
      if (items.length === 1 && only !== undefined) return { sort: "list", of: only };
      return {
        sort: "list",
        of: items.length === 0 || items.some(({ sort }) => sort === "any") ? ANY : { sort: "union", of: items },
      };
    }
    return this.#readObject(type, depth);
  }

  #readObject(type: ts.Type, depth: number): ValueType {
    const properties = this.#checker.getPropertiesOfType(type);
    const isCallable = type.getCallSignatures().length > 0 || type.getConstructSignatures().length > 0;
    // Dates, maps and other classes become something else in JSON, or nothing.
    if (isCallable || type.isClass() || properties.length > MOST_PARTS) return ANY;
    const keys: ObjectKey[] = [];
    for (const property of properties) {
      const own = this.#checker.getTypeOfSymbol(property);
      if (own.getCallSignatures().length > 0) return ANY;
      const isOptional = (property.flags & this.#typescript.SymbolFlags.Optional) !== 0;
      const read = this.#read(own, depth + 1);
      keys.push({ name: property.name, type: read, isOptional: isOptional || mayBeNull(read) });
    }
    return { sort: "object", keys };
  }
}

/** What may be undefined is left out of JSON. */
function mayBeNull(type: ValueType): boolean {
  return type.sort === "any" || type.sort === "null" || (type.sort === "union" && type.of.some(mayBeNull));
}
