/** Which task gives a tmdb-to-lake task its ids: one that it needs and that gives a set of candidates. */
import type { JsonValue } from "../../model/dag/dag.ts";
import { listReferences } from "../../model/dag/template.ts";
import type { UpstreamTask } from "../../model/ports/task-type.ts";

const HINT = "make it need one csv-to-ids task, or name one of them in ids_from";

/** Checked when the Dag file is read: without it the task could only fail. */
export function listIdFaults(
  options: Readonly<Record<string, JsonValue>>,
  upstream: readonly UpstreamTask[],
): readonly { readonly path: readonly string[]; readonly message: string; readonly hint: string }[] {
  const sources = upstream.filter(({ outputNames }) => outputNames.includes("candidate_set"));
  const named = options["ids_from"];
  if (typeof named === "string") {
    if (listReferences(named).length > 0 || sources.some(({ taskId }) => taskId === named)) return [];
    const message = `"${named}" is not a task that this one needs and that provides ids`;
    return [{ path: ["with", "ids_from"], message, hint: HINT }];
  }
  if (sources.length === 1) return [];
  const message =
    sources.length === 0
      ? "none of the tasks that it needs provides ids"
      : `several tasks that it needs provide ids: ${sources.map(({ taskId }) => taskId).join(", ")}`;
  return [{ path: ["needs"], message, hint: HINT }];
}
