/** The bits of Python that the recorded answers of Celery show: ValueError, and JSON as `json.dumps` prints it. */

/** Python's ValueError; the tasks of the library raise it. */
export class ValueError extends Error {
  override readonly name = "ValueError";
}

/** Gives a value as Python's `json.dumps` does: a space after `,` and `:`, and nothing but ASCII. */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, held]) => `${pythonText(key)}: ${pythonJson(held)}`);
    return `{${entries.join(", ")}}`;
  }
  if (typeof value === "number") return pythonNumber(value);
  if (typeof value === "string") return pythonText(value);
  return JSON.stringify(value) ?? "null";
}

// Below DEL the two escape the same characters in the same way.
function pythonText(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

// Python turns to exponents below 0.0001 (JavaScript below 0.000001), and writes them with two digits.
function pythonNumber(value: number): string {
  const isSmall = value !== 0 && Math.abs(value) < 1e-4;
  return (isSmall ? value.toExponential() : String(value)).replace(/e([+-])(\d)$/, "e$10$2");
}
