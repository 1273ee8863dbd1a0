/**
 * Signatures as flow text. One rule: the text means the signature, or is no flow text at all (in `<…>`); it never
 * means something else.
 */
import type { GroupData, SignatureData } from "./data.ts";

/** Gives the flow text of a signature. */
export function signatureText(data: SignatureData): string {
  return withOptions(data, baseText(data));
}

/** As `signatureText`, in parentheses where it stands as a step and would fall apart otherwise. */
function stepText(data: SignatureData): string {
  const text = signatureText(data);
  return data.kind === "chain" && hasNoOptions(data) ? `(${text})` : text;
}

function baseText(data: SignatureData): string {
  switch (data.kind) {
    case "task":
      return `${taskName(data.task)}${data.immutable ? "!" : ""}(${argumentTexts(data).join(", ")})`;
    case "chain":
      return composite(data, data.steps.map(stepText).join(" | "));
    case "group":
      return groupText(data);
    case "chord":
      return composite(data, `chord(${groupText(data.header)}, ${signatureText(data.body)})`);
    case "map":
    case "starmap":
      return composite(data, `${taskName(data.task)}.${data.kind}(${valueText(data.items)})`);
    case "chunks":
      return composite(data, `${taskName(data.task)}.chunks(${valueText(data.items)}, ${data.size})`);
    case "each":
      return composite(
        data,
        `each(${signatureText(data.member)}${data.limit === undefined ? "" : `, limit: ${data.limit}`})`,
      );
  }
}

function groupText(group: GroupData): string {
  const text = `[${group.members.map(signatureText).join(", ")}]`;
  return group.unroll || group.members.length === 0 ? `<Celery's group ${text}>` : composite(group, text);
}

/** The language has no word for arguments stored on a composite, nor for one that is immutable. */
function composite(data: SignatureData, text: string): string {
  if (data.args === undefined && data.kwargs === undefined && data.immutable === undefined) return text;
  return `<${text} given (${argumentTexts(data).join(", ")})${data.immutable ? ", immutable" : ""}>`;
}

function withOptions(data: SignatureData, text: string): string {
  if (data.options === undefined) return text;
  const { link = [], linkError = [], ...plain } = data.options;
  const inner = data.kind === "chain" ? `(${text})` : text;
  const entries = Object.entries(plain).map(([name, value]) => `${name}: ${valueText(value)}`);
  const parts = [inner];
  if (entries.length > 0) parts.push(`with {${entries.join(", ")}}`);
  for (const callback of link) parts.push(`on success ${handlerText(callback)}`);
  for (const errback of linkError) parts.push(`on error ${handlerText(errback)}`);
  return parts.join(" ");
}

function handlerText(data: SignatureData): string {
  const text = signatureText(data);
  return data.kind === "chain" || !hasNoOptions(data) ? `(${text})` : text;
}

function hasNoOptions(data: SignatureData): boolean {
  return data.options === undefined || Object.keys(data.options).length === 0;
}

function argumentTexts(data: SignatureData): string[] {
  return [
    ...(data.args ?? []).map(valueText),
    ...Object.entries(data.kwargs ?? {}).map(
      ([name, value]) => `${WORD.test(name) ? name : `<${JSON.stringify(name)}>`}: ${valueText(value)}`,
    ),
  ];
}

const WORD = /^[A-Za-z_][A-Za-z0-9_]*$/;

const RESERVED: ReadonlySet<string> = new Set(
  "import as param let def for in if then else and or not with on true false null match when while wait group chain chord map starmap chunks each".split(
    " ",
  ),
);

function taskName(name: string): string {
  const [first, ...members] = name.split(".");
  const isPath =
    first !== undefined && WORD.test(first) && !RESERVED.has(first) && members.every((member) => WORD.test(member));
  const endsInWord = members.length > 0 && RESERVED.has(members.at(-1) ?? "");
  if (isPath && !endsInWord) return name;
  return name.includes("`") ? `<${JSON.stringify(name)}>` : `\`${name}\``;
}

/** Gives the flow text of a value. */
export function valueText(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value).replaceAll("${", "\\${");
  if (Array.isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(
      ([name, item]) => `${WORD.test(name) ? name : JSON.stringify(name)}: ${valueText(item)}`,
    );
    return `{${entries.join(", ")}}`;
  }
  return JSON.stringify(value) ?? "null";
}
