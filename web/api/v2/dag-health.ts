/** How Dags are: broken files, and the number of runs in each state. */
import { z } from "zod";
import { formatDagIssue, type DagIssue } from "../../../model/errors.ts";
import { DAG_RUN_STATES } from "../../../model/run/dag-run.ts";
import { countRunsByState, listImportErrorPage } from "../../../state/pages/dag-page.ts";
import { listDagRows } from "../../../state/runs/dags.ts";
import { defineRoute, several } from "../route.ts";
import { paging, readPage, utc } from "./listing.ts";
import { writeRunState } from "./wire.ts";

export const listImportErrors = defineRoute({
  operationId: "get_import_errors",
  method: "GET",
  path: "/api/v2/importErrors",
  tag: "Dags",
  summary: "Dag files that are broken, each fault with its line and column.",
  params: {},
  search: paging,
  answer: z.strictObject({
    import_errors: z.array(
      z.strictObject({
        import_error_id: z.int(),
        timestamp: utc,
        filename: z.string(),
        bundle_name: z.string().nullable(),
        stack_trace: z.string().describe("A fault a line: file:line:column: path: message (hint)."),
      }),
    ),
    total_entries: z.int(),
  }),
  handle({ query }, { search }) {
    const { rows, total } = listImportErrorPage(query, readPage(search));
    return {
      total_entries: total,
      import_errors: rows.map(({ id, file, faults, since }) => ({
        import_error_id: id,
        timestamp: since,
        filename: file,
        bundle_name: "dags",
        stack_trace: (JSON.parse(faults) as DagIssue[]).map(formatDagIssue).join("\n"),
      })),
    };
  },
});

export const getDagStats = defineRoute({
  operationId: "get_dag_stats",
  method: "GET",
  path: "/api/v2/dagStats",
  tag: "Dags",
  summary:
    "The number of runs in each state, by Dag. Cancelled runs count as failed, as in Airflow's states.",
  params: {},
  search: { dag_ids: several(z.string()) },
  answer: z.strictObject({
    dags: z.array(
      z.strictObject({
        dag_id: z.string(),
        dag_display_name: z.string(),
        stats: z.array(z.strictObject({ state: z.string(), count: z.int() })),
      }),
    ),
    total_entries: z.int(),
  }),
  handle({ query }, { search }) {
    const known = [...listDagRows(query).keys()].toSorted();
    const ids = known.filter((id) => search.dag_ids?.includes(id) ?? true);
    const counts = countRunsByState(query, ids);
    const states = [...new Set(DAG_RUN_STATES.map(writeRunState))];
    const dags = ids.map((id) => ({
      dag_id: id,
      dag_display_name: id,
      stats: states.map((state) => ({
        state,
        count: counts
          .filter((entry) => entry.dagId === id && writeRunState(entry.state) === state)
          .reduce((sum, { count }) => sum + count, 0),
      })),
    }));
    return { dags, total_entries: dags.length };
  },
});
