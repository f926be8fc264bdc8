/** The grid of a Dag's newest runs and their tasks: one request, whatever its size. */
import { z } from "zod";
import { DAG_RUN_STATES, RUN_TYPES } from "../../../model/run/dag-run.ts";
import { TASK_STATES } from "../../../model/run/task-instance.ts";
import { listGridRuns } from "../../../state/pages/run-grid.ts";
import { defineRoute } from "../route.ts";
import { dagId, pickDag } from "../v2/known-dag.ts";
import { instant, toUtc, utc } from "../v2/listing.ts";
import { measureSeconds } from "../v2/wire.ts";

/** A year of daily runs. */
const MOST_RUNS = 366;

export const getGrid = defineRoute({
  operationId: "get_grid",
  method: "GET",
  path: "/api/dagmar/grid/{dag_id}",
  tag: "Dagmar",
  summary: "The newest runs of a Dag, oldest first, with the state of every task.",
  params: { dag_id: dagId },
  search: {
    limit: z.coerce.number().int().min(1).max(MOST_RUNS).default(80),
    before: instant.describe("Only runs whose logical date is earlier."),
  },
  answer: z.strictObject({
    dag_id: z.string(),
    tasks: z
      .array(z.strictObject({ task_id: z.string(), type: z.string().nullable(), needs: z.array(z.string()) }))
      .describe("The present definition's tasks, then those that only older runs have."),
    runs: z.array(
      z.strictObject({
        run_id: z.string(),
        run_type: z.enum(RUN_TYPES),
        state: z.enum(DAG_RUN_STATES),
        logical_date: utc,
        duration_seconds: z.number().nullable(),
        tasks: z
          .array(z.enum(TASK_STATES).nullable())
          .describe("In the order of tasks; null: not in this run."),
      }),
    ),
  }),
  handle({ query }, { params, search }) {
    const { definition } = pickDag(query, params.dag_id);
    const runs = listGridRuns(query, params.dag_id, { limit: search.limit, before: toUtc(search.before) })
      .toReversed()
      .map((run) => ({ ...run, states: JSON.parse(run.tasks) as Readonly<Record<string, string>> }));
    const present = definition.tasks.map(({ taskId, type, needs }) => ({
      task_id: taskId,
      type,
      needs: [...needs],
    }));
    const known = new Set(present.map((task) => task.task_id));
    const former = new Set(runs.flatMap(({ states }) => Object.keys(states)).filter((id) => !known.has(id)));
    const tasks = [...present, ...[...former].map((id) => ({ task_id: id, type: null, needs: [] }))];
    return {
      dag_id: params.dag_id,
      tasks,
      runs: runs.map((run) => ({
        run_id: run.runId,
        run_type: run.runType,
        state: run.state,
        logical_date: run.logicalDate,
        duration_seconds: measureSeconds(run.startedAt, run.finishedAt),
        tasks: tasks.map(
          ({ task_id: id }) => (run.states[id] ?? null) as (typeof TASK_STATES)[number] | null,
        ),
      })),
    };
  },
});
