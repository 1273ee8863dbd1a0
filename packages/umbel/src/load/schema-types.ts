/**
 * Types of what tasks take and give, as their schemas tell them by Standard JSON Schema (zod, arktype). One rule: what a
 * schema does not tell, or tells in a way that is not read here, is "any".
 */
import type { AnyTask } from "@umbel/core";
import type { ObjectKey, TaskTypes, ValueType } from "@umbel/dsl";

const ANY: ValueType = { sort: "any" };

/** Deeper types, such as those that hold themselves, are not looked into. */
const DEEPEST = 5;

/** Gives the types that a task's schemas tell; `undefined` where they tell none. */
export function typesFromSchemas({ options, parameters }: AnyTask): TaskTypes | undefined {
  const input = jsonSchemaOf(options.schema, "input");
  const output = jsonSchemaOf(options.result, "output");
  if (input === undefined && output === undefined) return undefined;
  const entries = isObject(input?.properties) ? input.properties : {};
  const positional = parameters.parameters.filter(({ kind }) => kind === "positional" || kind === "named");
  return {
    parameters: positional.map(({ name }) => ({ name, type: typeOf(entries[name], 0) })),
    result: typeOf(output, 0),
  };
}

type JsonSchema = Readonly<Record<string, unknown>>;

function jsonSchemaOf(schema: object | undefined, side: "input" | "output"): JsonSchema | undefined {
  if (schema === undefined || !("~standard" in schema)) return undefined;
  const standard = schema["~standard"];
  if (!isObject(standard) || !isObject(standard.jsonSchema)) return undefined;
  const convert = standard.jsonSchema[side];
  if (typeof convert !== "function") return undefined;
  try {
    const converted: unknown = Reflect.apply(convert, standard.jsonSchema, [{ target: "draft-2020-12" }]);
    return isObject(converted) ? converted : undefined;
  } catch {
    // A schema may hold what JSON Schema has no words for, such as a date.
    return undefined;
  }
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function typeOf(schema: unknown, depth: number): ValueType {
  if (!isObject(schema) || depth > DEEPEST) return ANY;
  const { const: constant, enum: values, anyOf, oneOf, type } = schema;
  if (constant !== undefined) return literal(constant);
  if (Array.isArray(values)) return union(values.map(literal));
  const choices = anyOf ?? oneOf;
  if (Array.isArray(choices)) return union(choices.map((choice) => typeOf(choice, depth)));
  // What must be several things at once is not worked out.
  if (schema.allOf !== undefined || schema.$ref !== undefined) return ANY;
  if (Array.isArray(type)) return union(type.map((each) => typeOf({ ...schema, type: each as unknown }, depth)));
  switch (type) {
    case "string":
    case "number":
    case "null":
      return { sort: type };
    case "integer":
      return { sort: "number" };
    case "boolean":
      return { sort: "bool" };
    case "array":
      return { sort: "list", of: typeOf(schema.items, depth + 1) };
    case "object":
      return { sort: "object", keys: keysOf(schema, depth + 1) };
    default:
      return ANY;
  }
}

function keysOf({ properties, required }: JsonSchema, depth: number): readonly ObjectKey[] {
  if (!isObject(properties)) return [];
  const needed = new Set(Array.isArray(required) ? required : []);
  return Object.entries(properties).map(([name, schema]) => {
    return { name, type: typeOf(schema, depth), isOptional: !needed.has(name) };
  });
}

function literal(value: unknown): ValueType {
  if (value === null) return { sort: "null" };
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? { sort: "literal", value }
    : ANY;
}

function union(of: readonly ValueType[]): ValueType {
  return of.length === 0 || of.some(({ sort }) => sort === "any") ? ANY : { sort: "union", of };
}
