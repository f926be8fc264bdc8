/** Dags and tasks with everything filled in, for tests that care for a few fields alone. */
import type { DagDefinition, TaskDefinition } from "../../model/dag/dag.ts";
import type { DagVersion } from "../../state/runs/dag-runs.ts";

export function makeTask(taskId: string, changes: Partial<TaskDefinition> = {}): TaskDefinition {
  return {
    taskId,
    type: "noop",
    needs: [],
    triggerRule: "all_success",
    allowFailure: false,
    pool: "default",
    priority: 0,
    dependsOnPast: false,
    when: null,
    timeoutSeconds: 7200,
    with: {},
    retries: 0,
    retryDelaySeconds: 30,
    retryBackoff: "fixed",
    retryDelayMaxSeconds: 3600,
    ...changes,
  };
}

export function makeDag(
  tasks: readonly TaskDefinition[],
  changes: Partial<DagDefinition> = {},
): DagDefinition {
  return {
    dagId: "test_dag",
    description: "",
    schedule: { kind: "manual" },
    timezone: "America/Sao_Paulo",
    startAt: null,
    endAt: null,
    catchup: "none",
    catchupLimit: 100,
    maxActiveRuns: 1,
    maxActiveTasks: null,
    timeoutSeconds: null,
    params: {},
    tasks,
    ...changes,
  };
}

/** The fingerprint stands for the content: another definition has another one. */
export function makeVersion(definition: DagDefinition): DagVersion {
  return { definition, fingerprint: JSON.stringify(definition) };
}
