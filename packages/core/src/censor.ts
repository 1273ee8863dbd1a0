/**
 * What may be shown of values that may hold secrets. One rule: rather too much is hidden than too little; nothing that
 * is hidden leaves a trace of its length.
 */

/** What stands in a secret's place; Celery's mark. */
export const CENSORED = "********";

/** Words that make the value behind a name a secret, as parts of `apiToken`, `API_KEY`, `x-auth-token`. */
const SECRET_WORD =
  /^(?:pass\w*|pwd|passwd|secrets?|tokens?|keys?|apikeys?|auth\w*|credentials?|cookies?|signatures?|bearer|jwt|dsn|private)$/;

/** Names that have such a word in them and are no secret. */
const HARMLESS = /^(?:routing[-_]?key|key[-_]?prefix)$/i;

/** Whether what has this name is a secret. */
export function isSecretName(name: string): boolean {
  if (HARMLESS.test(name)) return false;
  const words = name
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .split(/[^A-Za-z\d]+/);
  return words.some((word) => SECRET_WORD.test(word.toLowerCase()));
}

/** Hides what is secret in text: user and password in URLs, `password=…`, `"token": "…"`, `Bearer …`, private keys. */
export function censorText(text: string): string {
  return text
    .replace(/-----BEGIN [^-]*PRIVATE KEY-----[\s\S]*?(?:-----END [^-]*PRIVATE KEY-----|$)/g, CENSORED)
    .replace(/\b(bearer|basic) +[^\s"',;]+/gi, `$1 ${CENSORED}`)
    .replace(/([a-z][a-z\d+.-]*:\/\/)([^\s"'<>]*)@/gi, (_, scheme: string, user: string) => {
      // A password may hold `@` and `/` that nobody has escaped: all up to the last `@` counts as one.
      const [name, ...password] = user.split(":");
      const isPlainName = password.length > 0 && /^[\w.%-]*$/.test(name ?? "");
      return `${scheme}${isPlainName ? `${name}:` : ""}${CENSORED}@`;
    })
    .replace(
      /(["']?)([\w.-]*(?:pass|pwd|secret|token|key|auth|credential|cookie|signature|jwt|dsn|private)[\w.-]*)\1(\s*[:=]\s*)("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s&;,}\])"']+)/gi,
      (whole, quote: string, name: string, between: string, value: string) => {
        if (!isSecretName(name)) return whole;
        const [mark = ""] = /^["']/.exec(value) ?? [];
        return `${quote}${name}${quote}${between}${mark}${CENSORED}${mark}`;
      },
    );
}

/** Gives a copy of a value as plain data that may be printed: secrets in it are hidden, however deep. */
export function censor(value: unknown, name = ""): unknown {
  return censorWithin(value, name, new Set());
}

function censorWithin(value: unknown, name: string, around: Set<object>): unknown {
  if (value === undefined || value === null || typeof value === "boolean") return value;
  if (name !== "" && isSecretName(name)) return CENSORED;
  if (typeof value === "string") return censorText(value);
  if (typeof value === "function") return value.name === "" ? "<function>" : `<function ${value.name}>`;
  if (typeof value !== "object") return typeof value === "symbol" ? String(value) : value;
  if (around.has(value)) return "<circular>";
  around.add(value);
  try {
    return censorObject(value, around);
  } finally {
    around.delete(value);
  }
}

function censorObject(value: object, around: Set<object>): unknown {
  if (Array.isArray(value)) return value.map((item) => censorWithin(item, "", around));
  if (value instanceof Date || value instanceof RegExp) return value;
  if (value instanceof URL) return censorText(value.href);
  if (value instanceof Error) return censorText(`${value.name}: ${value.message}`);
  if (value instanceof Set) return [...value].map((item) => censorWithin(item, "", around));
  const entries: readonly (readonly [unknown, unknown])[] | undefined =
    value instanceof Map ? [...value] : isPlain(value) ? Object.entries(value) : undefined;
  // What an object of a class prints, only its author knows; a connection, for one, holds its password.
  if (entries === undefined) return `<${value.constructor.name}>`;
  return Object.fromEntries(entries.map(([key, item]) => [String(key), censorWithin(item, String(key), around)]));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Reflect.get(value, "constructor") === undefined
    ? true
    : (Reflect.get(value, "constructor") as { name?: unknown }).name === "Object";
}
