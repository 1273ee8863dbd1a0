/** Celery's wording of a chord whose header failed. */
import { ChordError, type WireError } from "@umbel/core";

/** Makes the error of a body that did not run: `Dependency <id> raised ValueError('boom')`. */
export function chordError(memberId: string, cause: WireError): ChordError {
  return new ChordError(`Dependency ${memberId} raised ${cause.name}(${quote(cause.message)})`);
}

/** Quotes as Python's repr does, since that is what Celery stores. */
function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t")
    .replaceAll(mark, `\\${mark}`);
  return mark + escaped + mark;
}
