/** What `dagmar run` does with an existing run: resume, report as done, refuse or extend it; or create a new one. */
import { isDeepStrictEqual } from "node:util";
import type { DagDefinition, Params } from "../../model/dag/dag.ts";
import type { DagRun } from "../../model/run/dag-run.ts";
import { CommandRefused } from "../../model/errors.ts";
import { nameRun } from "../../model/run/run-name.ts";
import {
  findRunByDate,
  listUnfinishedManualRuns,
  readDagVersion,
  type DagVersion,
} from "../../state/runs/dag-runs.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { makeRun, type RunMaker } from "../runs/new-run.ts";
import { resumeRun, widenTasks } from "../runs/resume-run.ts";
import { assertPlanned } from "./planned.ts";
import { refuseRunning } from "./refuse-running.ts";
import { restartRun } from "./restart-run.ts";

export interface RunRequest {
  readonly version: DagVersion;
  /** ISO UTC. `null`: resume the newest unfinished manual run, or create one for now. */
  readonly logicalDate: string | null;
  /** Always create a run for now, even if there is an unfinished one. */
  readonly isNew: boolean;
  /** As given on the command line; the Dag's defaults fill the rest. */
  readonly params: Params;
  /** `--task` with what those tasks need; `null` for all. */
  readonly onlyTasks: readonly string[] | null;
  /** Only the tasks that were named: `--rerun` clears these. */
  readonly namedTasks: readonly string[];
  readonly isRerun: boolean;
  readonly isRefetch: boolean;
  /** Refuse a date that has a run already. */
  readonly mustBeNew?: boolean;
  /** The date may be after the Dag's next slot. That was judged before; a command that does the same repeats it. */
  readonly isForced?: boolean;
  /** Of the preview that was confirmed; see `describeNewRun`. */
  readonly expected?: string | null;
}

/** What a preview of a new run shows. `null`: now. */
export function describeNewRun({ version, logicalDate, params }: NewRunFacts) {
  const { dagId, tasks, params: defaults } = version.definition;
  return {
    dagId,
    fingerprint: version.fingerprint,
    logicalDate,
    params: { ...defaults, ...params },
    tasks: tasks.map(({ taskId }) => taskId),
  };
}

type NewRunFacts = Pick<RunRequest, "version" | "logicalDate" | "params">;

export interface PreparedRun {
  readonly run: DagRun;
  readonly how: "new" | "resumed" | "cleared" | "done";
  /** The Dag file was edited after the run was created; the run keeps the old definition. */
  readonly isOutdated: boolean;
}

/** One transaction. Errors: `RUN_PARAMS_DIFFER`, `RUN_EXISTS`, `PLAN_CHANGED`, `USAGE`. */
export function prepareRun(query: Query, maker: RunMaker, request: RunRequest, now: Date): PreparedRun {
  if (request.mustBeNew === true) refuseExisting(query, maker.lakeId, request);
  assertPlanned(request.expected, describeNewRun(request));
  const existing = findExisting(query, maker.lakeId, request, now);
  if (existing === undefined) {
    const run = makeRun(
      query,
      maker,
      {
        version: request.version,
        runType: "manual",
        logicalDate:
          request.logicalDate === null
            ? findFreeInstant(query, maker.lakeId, request.version.definition, now)
            : new Date(request.logicalDate),
        params: { ...request.version.definition.params, ...request.params },
        onlyTasks: request.onlyTasks,
        isRefetch: request.isRefetch,
      },
      now,
    );
    return { run, how: "new", isOutdated: false };
  }
  // A stopped refetch resumes in its generation: running the command again must not ask twice.
  const isRefetchUnderWay = existing.refetchGeneration !== null && existing.state !== "success";
  if (request.isRerun || (request.isRefetch && !isRefetchUnderWay)) {
    return { run: clearRun(query, maker, existing, request, now), how: "cleared", isOutdated: false };
  }
  const run = widenTasks(query, maker, existing, request.onlyTasks);
  const isOutdated = run.fingerprint !== request.version.fingerprint;
  if (run.state === "success" && run === existing) return { run, how: "done", isOutdated };
  return { run: resumeRun(query, run, now), how: "resumed", isOutdated };
}

function refuseExisting(query: Query, lakeId: string, { version, logicalDate }: RunRequest): void {
  if (logicalDate === null) return;
  const run = findRunByDate(query, lakeId, version.definition.dagId, new Date(logicalDate));
  if (run === undefined) return;
  throw new CommandRefused("RUN_EXISTS", `${nameRun(run)} exists already; it is ${run.state}.`, {
    hint: "Clear it to run it again, or give another date.",
  });
}

function findExisting(query: Query, lakeId: string, request: RunRequest, now: Date): DagRun | undefined {
  const { definition } = request.version;
  if (request.logicalDate !== null) {
    const run = findRunByDate(query, lakeId, definition.dagId, new Date(request.logicalDate));
    if (run === undefined) return undefined;
    const params = expectParams(query, run, request);
    if (!isDeepStrictEqual(run.params, params)) throw refuseParams(run, params);
    return run;
  }
  if (request.isRerun) {
    throw new CommandRefused("USAGE", "--rerun clears an existing run: name it with --date.", {
      hint: `\`dagmar runs list ${definition.dagId}\` shows their dates.`,
    });
  }
  if (request.isNew) return undefined;
  return listUnfinishedManualRuns(query, lakeId, definition.dagId, now.toISOString()).find(
    (run) =>
      (!request.isRefetch || run.refetchGeneration !== null) &&
      isDeepStrictEqual(run.params, expectParams(query, run, request)) &&
      isDeepStrictEqual(run.onlyTasks, request.onlyTasks),
  );
}

/** The params that this command line means for that run. Missing ones are the defaults of the run's own definition. */
function expectParams(query: Query, run: DagRun, request: RunRequest): Params {
  return { ...readDagVersion(query, run.fingerprint).params, ...request.params };
}

function refuseParams(run: DagRun, params: Params): CommandRefused {
  const names = [...new Set([...Object.keys(run.params), ...Object.keys(params)])].filter(
    (name) => !isDeepStrictEqual(run.params[name], params[name]),
  );
  const differences = names.map(
    (name) => `${name} is ${JSON.stringify(run.params[name])} there and ${JSON.stringify(params[name])} here`,
  );
  return new CommandRefused(
    "RUN_PARAMS_DIFFER",
    `${nameRun(run)} exists with other params: ${differences.join(", ")}.`,
    {
      hint: "Give the same params to resume it, or another --date for another run.",
    },
  );
}

/** Now, to the millisecond; one millisecond later for each existing run. */
function findFreeInstant(query: Query, lakeId: string, dag: DagDefinition, now: Date): Date {
  let instant = now;
  while (findRunByDate(query, lakeId, dag.dagId, instant) !== undefined)
    instant = new Date(instant.getTime() + 1);
  return instant;
}

/** Restarts the run with the current definition. Tasks that are not named and have not succeeded are resumed. */
function clearRun(query: Query, maker: RunMaker, existing: DagRun, request: RunRequest, now: Date): DagRun {
  refuseRunning(query, existing);
  const wider = widenTasks(query, maker, existing, request.onlyTasks);
  const { version, isRefetch, namedTasks } = request;
  const isCleared = (taskId: string): boolean => namedTasks.length === 0 || namedTasks.includes(taskId);
  return resumeRun(query, restartRun(query, maker, wider, version, isRefetch, now, isCleared), now);
}
