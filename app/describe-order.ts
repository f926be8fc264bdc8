/** The command that does the same as an order, for a person whose order no scheduler takes. */
import { nameRun } from "../model/run/run-name.ts";
import { readRun } from "../state/runs/dag-runs.ts";
import type { Query } from "../state/sqlite/query.ts";
import { writeBackfillCommand } from "./backfills/order-backfill.ts";
import { writeVerifyCommand } from "./lake/order-verify.ts";
import { quoteWord } from "./quote-word.ts";
import { writeParamWords, writeRunCommand } from "./runs/order-run.ts";
import type { Order, OrderKind } from "./service/orders.ts";
import { writeClearCommand } from "./tasks/order-clear.ts";
import { writeMarkCommand } from "./tasks/order-mark.ts";

type Describe = {
  readonly [Kind in OrderKind]?: (query: Query, order: Order<Kind>) => string | null;
};

const DESCRIBE: Describe = {
  run(_, { request: { dag, logicalDate, params, onlyTasks, mustBeNew, isForced = false, isRerun } }) {
    if (mustBeNew === true) return writeRunCommand(dag.dagId, { date: logicalDate, params, isForced });
    return [
      `dagmar run ${dag.dagId} --date ${logicalDate ?? ""}`,
      // Without them, a run of single tasks would become one of all.
      ...(onlyTasks ?? []).map((taskId) => `--task ${quoteWord(taskId)}`),
      ...(isRerun ? ["--rerun"] : []),
      ...writeParamWords(params),
    ].join(" ");
  },
  pause: (_, { request: { dag, isPaused } }) => `dagmar dags ${isPaused ? "pause" : "unpause"} ${dag.dagId}`,
  cancel_run: (query, { dagRunId }) => `dagmar runs cancel ${quoteWord(nameRun(readRun(query, dagRunId)))}`,
  clear: (_, { request }) => writeClearCommand(request, []),
  mark: (query, { request }) => writeMarkCommand(readRun(query, request.dagRunId), request),
  backfill: (_, { request }) => writeBackfillCommand(request.dag.dagId, request),
  verify_lake: (_, { request }) => writeVerifyCommand(request),
  cancel_backfill: (_, { dagId }) => `dagmar backfill ${dagId} --cancel`,
};

/** `null` if there is none. */
export function describeOrder<Kind extends OrderKind>(query: Query, order: Order<Kind>): string | null {
  return DESCRIBE[order.kind]?.(query, order) ?? null;
}
