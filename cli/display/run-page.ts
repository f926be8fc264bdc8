/** One run as a page of text: its facts, its tasks, what they read and gave, what waits, what failed, what happened. */
import type { RunDescription } from "../../app/runs/describe-run.ts";
import type { Output } from "../output/output.ts";
import { showInstant } from "../output/time.ts";

interface PageOptions {
  /** Of the lake that this command uses. */
  readonly lakeId: string;
}

export function printRunPage(output: Output, description: RunDescription, options: PageOptions): void {
  const { found, run, tasks, inputs, waiting, turn, waits } = description;
  const { lakeId } = options;
  const { paint } = output;
  output.line(`${paint.bold(`${String(run["dag_id"])}/${String(run["run_id"])}`)}  ${String(run["state"])}`);
  const date = showInstant(run["logical_date"], found.timezone);
  output.line(`  logical date  ${date}   partition ${String(run["partition"])}`);
  if (typeof run["requested_by"] === "string") output.line(`  requested by  ${run["requested_by"]}`);
  output.line(`  params        ${String(run["params"])}`);
  const other = found.lake === lakeId ? "" : `; this command uses ${lakeId}`;
  output.line(`  lake          ${found.lake ?? "not known yet"}${other}`);
  output.line();
  output.table(
    [
      "task",
      { title: "type", rank: 3 },
      "state",
      { title: "attempts", rank: 2 },
      { title: "seconds", rank: 1 },
      { title: "message", isText: true },
    ],
    tasks.map((task) => [
      task["task_id"],
      task["type"],
      task["state"],
      task["attempts"],
      task["duration_seconds"],
      task["message"],
    ]),
    "It has no tasks.",
  );
  for (const { task_id, key, dataset, source } of inputs) {
    output.line(
      paint.dim(`  ${String(task_id)} read ${String(key)} for ${String(dataset)} (${String(source)})`),
    );
  }
  for (const task of tasks) {
    const outputs = task["outputs"];
    if (typeof outputs === "string" && outputs !== "{}") {
      output.line(paint.dim(`  ${String(task["task_id"])} gave ${outputs}`));
    }
  }
  if (description.isUnattended) {
    output.line(
      `  no process works on it: start \`dagmar scheduler\`, or run it here: \`dagmar run ${found.dagId} --date ${found.logicalDate}\``,
    );
  }
  if (turn !== null) output.line(`  the run waits: ${waits ?? turn}`);
  for (const { taskId, reasons } of waiting) output.line(`  ${taskId} waits: ${reasons.join("; ")}`);
  printHistory(output, description);
}

function printHistory(output: Output, { attempts, events }: RunDescription): void {
  const failed = attempts.filter((attempt) => attempt["error"] !== null);
  if (failed.length > 0) {
    output.line();
    output.table(
      ["attempt of", "no", "state", { title: "started", rank: 1 }, { title: "error", isText: true }],
      failed.map((attempt) => [
        attempt["task_id"],
        attempt["attempt"],
        attempt["state"],
        attempt["started_at_local"],
        attempt["error"],
      ]),
      "",
    );
  }
  if (events.length === 0) return;
  output.line();
  output.table(
    ["at", { title: "level", rank: 1 }, { title: "requested by", rank: 2 }, { title: "event", isText: true }],
    events.map((event) => [event["at_local"], event["level"], event["requested_by"], event["message"]]),
    "",
  );
}
