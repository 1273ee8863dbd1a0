/** A value as messages show it. One rule: it never throws, and what is not null is never called null. */

/** Shows a value, as JSON where JSON has it. */
export function show(value: unknown): string {
  switch (typeof value) {
    case "bigint":
      return `${value}n`;
    case "number":
      return String(value);
    case "function":
      return "a function";
    case "object":
      return showObject(value);
    default:
      return JSON.stringify(value) ?? String(value);
  }
}

/** Shows a value, shortened: for messages that may be given anything. */
export function showBriefly(value: unknown): string {
  const text = show(value);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN - 3)}...` : text;
}

/** How much of a value a message shows, in characters. */
const MOST_SHOWN = 80;

function showObject(value: object | null): string {
  if (value instanceof Date && Number.isNaN(value.getTime())) return "an invalid Date";
  try {
    return JSON.stringify(value) ?? Object.prototype.toString.call(value);
  } catch {
    // A cycle, a BigInt or a hostile toJSON: its kind is all that can be said.
    return Object.prototype.toString.call(value);
  }
}
