/** The rules of one Dag file that need more than one field, or the registry: name, time, graph, task types, pools. */
import path from "node:path";
import type { KnownDags } from "../../model/ports/dag-source.ts";
import { orderTasks } from "../../model/dag/dag-graph.ts";
import { isTimezone, parseEnd, parseInstant } from "../../model/time/local-time.ts";
import type { AnyTaskType } from "../../model/ports/task-type.ts";
import { createTimetable, validateCron } from "../../model/time/timetable.ts";
import { suggestName, suggestOrList } from "../suggestion.ts";
import type { DagDraft } from "./dag-draft.ts";
import { isId } from "./dag-file-schema.ts";
import type { Fault } from "./fault.ts";

/** What a Dag file is checked against. */
export interface DagRules {
  readonly registry: ReadonlyMap<string, AnyTaskType>;
  /** Time zone of Dags that set none; a valid one. */
  readonly timezone: string;
  /** Names of the configured pools. */
  readonly pools: ReadonlySet<string>;
  /** The database's records of these Dags; read only if Dags clash. Without it, none are known. */
  readonly readKnown?: (dagIds: readonly string[]) => Promise<KnownDags>;
}

/** Faults of the whole file `file`, in no particular order. */
export function listDagFaults(draft: DagDraft, file: string, rules: DagRules): readonly Fault[] {
  return [
    ...checkName(draft, file),
    ...checkTimezone(draft),
    ...checkSchedule(draft, rules),
    ...checkBounds(draft, rules),
    ...checkNeeds(draft),
    ...checkCycle(draft),
    ...checkTypes(draft, rules),
    ...checkPools(draft, rules),
  ];
}

/** The zone that applies to a draft: the default if its own is missing or wrong. */
function resolveTimezone(draft: DagDraft, rules: DagRules): string {
  return draft.timezone !== undefined && isTimezone(draft.timezone) ? draft.timezone : rules.timezone;
}

function checkName(draft: DagDraft, file: string): readonly Fault[] {
  const stem = path.basename(file, ".yaml");
  if (draft.dag === undefined || draft.dag === stem) return [];
  const hint = isId(draft.dag) ? `name the file ${draft.dag}.yaml or the Dag ${stem}` : undefined;
  return [
    {
      path: ["dag"],
      message: `the Dag's id ${JSON.stringify(draft.dag)} is not the file's name ${JSON.stringify(stem)}`,
      ...(hint === undefined ? {} : { hint }),
    },
  ];
}

function checkTimezone({ timezone }: DagDraft): readonly Fault[] {
  if (timezone === undefined || isTimezone(timezone)) return [];
  const hint = suggestName(timezone, ["UTC", ...Intl.supportedValuesOf("timeZone")]);
  return [
    {
      path: ["timezone"],
      message: `${JSON.stringify(timezone)} is not a time zone`,
      hint: hint ?? 'IANA names such as "America/Sao_Paulo" or "UTC"',
    },
  ];
}

function checkSchedule(draft: DagDraft, rules: DagRules): readonly Fault[] {
  const { schedule } = draft;
  if (schedule === undefined || schedule === "manual") return [];
  const at = ["schedule"];
  const reason = validateCron(schedule);
  if (reason !== undefined) {
    const isWord = /^\S+$/.test(schedule) && !schedule.startsWith("@");
    const hint = isWord ? "a cron expression, manual, or { after: <Dag id> }" : undefined;
    return [{ path: at, message: reason, ...(hint === undefined ? {} : { hint }) }];
  }
  const bounds = { startAt: null, endAt: null };
  const first = createTimetable(schedule, resolveTimezone(draft, rules), bounds).next(new Date(0));
  return first === undefined ? [{ path: at, message: `${JSON.stringify(schedule)} is never due` }] : [];
}

function checkBounds(draft: DagDraft, rules: DagRules): readonly Fault[] {
  const timezone = resolveTimezone(draft, rules);
  const faults: Fault[] = [];
  const start = draft.start === undefined ? undefined : parseInstant(draft.start, timezone);
  const end = draft.end === undefined ? undefined : parseEnd(draft.end, timezone);
  const hint = 'a day "2026-11-23" or an instant "2026-11-23T06:00"';
  if (draft.start !== undefined && start === undefined) {
    faults.push({ path: ["start"], message: `${JSON.stringify(draft.start)} is not a date`, hint });
  }
  if (draft.end !== undefined && end === undefined) {
    faults.push({ path: ["end"], message: `${JSON.stringify(draft.end)} is not a date`, hint });
  }
  if (start !== undefined && end !== undefined && end < start) {
    faults.push({ path: ["end"], message: "the end lies before the start" });
  }
  return faults;
}

function checkNeeds(draft: DagDraft): readonly Fault[] {
  const ids = draft.tasks.map((task) => task.taskId);
  const known = new Set(ids);
  return draft.tasks.flatMap((task) =>
    task.needs.flatMap((need, index): readonly Fault[] => {
      const at = ["tasks", task.taskId, "needs", index];
      if (need === task.taskId) return [{ path: at, message: "a task cannot need itself" }];
      if (task.needs.indexOf(need) < index) return [{ path: at, message: `"${need}" is named twice` }];
      if (known.has(need) || !isId(need)) return [];
      const others = ids.filter((id) => id !== task.taskId);
      return [
        { path: at, message: `there is no task "${need}" in this Dag`, hint: suggestOrList(need, others) },
      ];
    }),
  );
}

function checkCycle(draft: DagDraft): readonly Fault[] {
  const tasks = draft.tasks.map(({ taskId, needs }) => ({
    taskId,
    needs: needs.filter((need) => need !== taskId),
  }));
  const ordering = orderTasks(tasks);
  if (!("cycle" in ordering)) return [];
  const first = ordering.cycle[0] ?? "";
  return [
    {
      path: ["tasks", first, "needs"],
      message: `tasks need each other in a cycle: ${ordering.cycle.join(" → ")}`,
    },
  ];
}

function checkTypes(draft: DagDraft, { registry }: DagRules): readonly Fault[] {
  return draft.tasks
    .filter(({ type }) => type !== undefined && !registry.has(type))
    .map(({ taskId, type }) => ({
      path: ["tasks", taskId, "type"],
      message: `unknown task type ${JSON.stringify(type)}`,
      hint: suggestOrList(type ?? "", registry.keys()),
    }));
}

function checkPools(draft: DagDraft, { pools }: DagRules): readonly Fault[] {
  const named = [
    { pool: draft.defaultPool, path: ["defaults", "pool"] },
    ...draft.tasks.map(({ taskId, pool }) => ({ pool, path: ["tasks", taskId, "pool"] })),
  ];
  return named.flatMap(({ pool, path: at }) =>
    pool === undefined || pools.has(pool) || !isId(pool)
      ? []
      : [
          {
            path: at,
            message: `unknown pool ${JSON.stringify(pool)}`,
            hint: `${suggestOrList(pool, pools)}; set pools in DAGMAR_POOLS`,
          },
        ],
  );
}
