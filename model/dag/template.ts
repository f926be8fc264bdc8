/**
 * Templates in Dag files: look-ups by name, never code. `${params.x}` as a whole value keeps the param's type; inside
 * a longer text it becomes text. The caller supplies the values.
 */
import type { JsonValue } from "./dag.ts";

const REFERENCE = /\$\{([^{}]*)\}/g;
const WHOLE = /^\$\{([^{}]*)\}$/;

/** Names that every run has, in addition to `params.*` and `outputs.<task>.<name>`. */
export const RUN_NAMES = [
  "partition",
  "ds",
  "logical_date",
  "interval_start",
  "interval_end",
  "run_stamp",
] as const;

/** The names that a text refers to, in order, `${seq}` included. */
export function listReferences(text: string): readonly string[] {
  return [...text.matchAll(REFERENCE)].map((match) => match[1] ?? "");
}

/** The text before the first `${`: the part of a key that is the same for every run. */
export function literalPrefix(text: string): string {
  const start = text.indexOf("${");
  return start === -1 ? text : text.slice(0, start);
}

/** Looks a name up; `undefined` means there is no such name; the reference then stays as written. */
export type LookUp = (name: string) => JsonValue | undefined;

/** Replaces references in every text inside a value, but not in keys of objects. */
export function renderTemplates(value: JsonValue, lookUp: LookUp): JsonValue {
  if (typeof value === "string") return renderText(value, lookUp);
  if (value === null || typeof value !== "object") return value;
  if (isArray(value)) return value.map((item) => renderTemplates(item, lookUp));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, renderTemplates(item, lookUp)]),
  );
}

function renderText(text: string, lookUp: LookUp): JsonValue {
  const whole = WHOLE.exec(text);
  if (whole !== null) return lookUp(whole[1] ?? "") ?? (lookUp(whole[1] ?? "") === null ? null : text);
  return text.replaceAll(REFERENCE, (reference, name: string) => {
    const found = lookUp(name);
    if (found === undefined) return reference;
    return typeof found === "string" ? found : JSON.stringify(found);
  });
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
