/** Replaces the names in a task's options with the values of one run. The task type's schema checks the result. */
import type { JsonValue } from "../../model/dag/dag.ts";
import type { AttemptRun } from "../../model/ports/executor.ts";
import { formatDateDashes } from "../../model/time/local-time.ts";
import type { RunFacts, TaskOutput } from "../../model/ports/task-type.ts";
import { renderTemplates, type LookUp } from "../../model/dag/template.ts";

export function readRunFacts(run: RunFacts): RunFacts {
  const { dagRunId, dagId, runId, logicalDate, timezone, partition, runStamp, params, refetchGeneration } =
    run;
  return { dagRunId, dagId, runId, logicalDate, timezone, partition, runStamp, params, refetchGeneration };
}

/**
 * Names without a value stay as written: the lake replaces `${seq}`, and the schema or the key check refuses a
 * missing output.
 */
export function renderOptions(
  options: Readonly<Record<string, JsonValue>>,
  run: AttemptRun,
  outputs: Readonly<Record<string, TaskOutput>>,
): Readonly<Record<string, JsonValue>> {
  return renderTemplates(options, makeLookUp(run, outputs)) as Readonly<Record<string, JsonValue>>;
}

/** Finds the values behind the names of one run. */
export function makeLookUp(run: AttemptRun, outputs: Readonly<Record<string, TaskOutput>>): LookUp {
  return (name) => {
    const [space, first, second] = name.split(".");
    if (space === "params" && first !== undefined) return run.params[first];
    if (space === "outputs" && first !== undefined && second !== undefined) return outputs[first]?.[second];
    return findRunName(run, name);
  };
}

function findRunName(run: AttemptRun, name: string): JsonValue | undefined {
  switch (name) {
    case "partition":
      return run.partition;
    case "ds":
      return formatDateDashes(new Date(run.logicalDate), run.timezone);
    case "logical_date":
      return run.logicalDate;
    case "interval_start":
      return run.intervalStart ?? run.logicalDate;
    case "interval_end":
      return run.intervalEnd ?? run.logicalDate;
    case "run_stamp":
      return run.runStamp;
    default:
      return undefined;
  }
}
