/** Turns a task's options as written into those of one run: the values behind the names. Checking them is the task type's schema's. */
import type { JsonValue } from "../model/dag.ts";
import type { DagRun } from "../model/dag-run.ts";
import { formatDateDashes } from "../model/local-time.ts";
import type { RunFacts, TaskOutput } from "../model/task-type.ts";
import { renderTemplates, type LookUp } from "../model/template.ts";

export function readRunFacts(run: DagRun): RunFacts {
  const { dagRunId, dagId, runId, logicalDate, timezone, partition, runStamp, params, refetchGeneration } =
    run;
  return { dagRunId, dagId, runId, logicalDate, timezone, partition, runStamp, params, refetchGeneration };
}

/** Names without a value stay as they are written: `${seq}` is the lake's, and an output that is missing fails the schema or the key. */
export function renderOptions(
  options: Readonly<Record<string, JsonValue>>,
  run: DagRun,
  outputs: Readonly<Record<string, TaskOutput>>,
): Readonly<Record<string, JsonValue>> {
  const names: Readonly<Record<string, JsonValue>> = {
    partition: run.partition,
    ds: formatDateDashes(new Date(run.logicalDate), run.timezone),
    logical_date: run.logicalDate,
    interval_start: run.intervalStart ?? run.logicalDate,
    interval_end: run.intervalEnd ?? run.logicalDate,
    run_stamp: run.runStamp,
  };
  const lookUp: LookUp = (name) => {
    const [space, first, second] = name.split(".");
    if (space === "params" && first !== undefined) return run.params[first];
    if (space === "outputs" && first !== undefined && second !== undefined) return outputs[first]?.[second];
    return Object.hasOwn(names, name) ? names[name] : undefined;
  };
  return renderTemplates(options, lookUp) as Readonly<Record<string, JsonValue>>;
}
