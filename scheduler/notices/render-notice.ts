/**
 * Fills a notice into the template. Names are replaced only inside its strings, so that no value can break the JSON.
 */
import type { JsonValue } from "../../model/dag/dag.ts";
import type { Notice } from "../../model/ports/notice.ts";

const NAME = /\$\{(\w+)\}/g;

/** `template` is JSON. Unknown names stay as written. */
export function renderNotice(template: string, notice: Notice): string {
  const values = new Map([
    ["message", notice.message],
    ["dag_id", notice.dagId],
    ["run_id", notice.runId],
    ["kind", notice.kind],
    ["failures", String(notice.failures)],
  ]);
  return JSON.stringify(fillIn(JSON.parse(template) as JsonValue, values));
}

function fillIn(value: JsonValue, values: ReadonlyMap<string, string>): JsonValue {
  if (typeof value === "string")
    return value.replaceAll(NAME, (whole, name: string) => values.get(name) ?? whole);
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item: JsonValue) => fillIn(item, values));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fillIn(item, values)]));
}
