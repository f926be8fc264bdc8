/**
 * The program in AWS Lambda: one event, one run of a Dag, with the same operation as `dagmar run`. The run ends before the
 * function does, and its database is carried over in the lake.
 */
import { setFlagsFromString } from "node:v8";
import { checkParams } from "../../app/runs/check-params.ts";
import { chooseLogicalDate } from "../../app/runs/choose-date.ts";
import type { RunFigures } from "../../app/runs/measure-run.ts";
import { runDag } from "../../app/runs/run-dag.ts";
import type { App } from "../../app/app.ts";
import { describeRunAsJson } from "../../cli/display/run-report.ts";
import { withApp } from "../../cli/open-app.ts";
import { obeySwitches } from "../../cli/process/failpoint-switches.ts";
import type { DagFolder } from "../../config/dag-file/load-dags.ts";
import { readTestSwitches } from "../../config/settings/environment.ts";
import { describeError } from "../../model/errors.ts";
import type { DagDefinition } from "../../model/dag/dag.ts";
import { isRunEnded } from "../../model/run/dag-run.ts";
import { divideTime } from "../../model/time/time-budget.ts";
import type { Database } from "../../state/sqlite/database.ts";
import { restoreState, type CarriedState } from "./carried-state.ts";
import { findDatasetHolder } from "../../scheduler/lease/dataset-leases.ts";
import type { LeaseHolder } from "../../scheduler/lease/lake-lease.ts";
import { takeInvocation } from "./invocation-lease.ts";
import { readEvent, type AskedRun } from "./read-event.ts";
import { provideToken } from "./token.ts";

// V8 collects when its heap has grown by a fifth, not threefold: of 512 MB little is left for what is not collected yet, and the
// function has time. It reads this flag before each collection, and NODE_OPTIONS refuses it.
setFlagsFromString("--heap-growing-percent=20");
obeySwitches(readTestSwitches());

/** What Lambda's runtime gives; a call by hand may give less. */
export interface LambdaContext {
  readonly awsRequestId?: string;
  getRemainingTimeInMillis?(): number;
}

/** The longest time that Lambda gives. */
const DEFAULT_TIME_MS = 900_000;
/** Between the response and the deadline. */
const SPARE_MS = 5_000;
/** For the last snapshot and the lease, before the spare time. */
const CLOSING_MS = 2_000;
const LEAST_TIME_MS = 1_000;
/** A killed invocation loses what it has decided since. */
const SNAPSHOT_EVERY_MS = 60_000;

/**
 * `event`: see `readEvent`. Gives the run's figures as `dagmar run --json` prints them, with `left`: how many ids are still to
 * be asked, `null` before the first task asks. `{ state: "busy", … }` if another invocation is at work on the lake. Raises `USAGE` for a
 * wrong event, what the command would raise, and an error for a run that failed, so that Lambda counts it.
 */
export async function handler(event: unknown, context: LambdaContext = {}): Promise<unknown> {
  const asked = readEvent(event);
  const measureRest = (): number => context.getRemainingTimeInMillis?.() ?? DEFAULT_TIME_MS;
  await provideToken();
  return withApp(async (app) => {
    const { notes } = app.lake;
    const folder = await app.loadDags();
    const { definition } = app.pickEnabledDag(folder, asked.dag);
    checkParams(asked.params, definition, "params");
    const taken = await takeInvocation(notes, app.clock, {
      requestId: context.awsRequestId ?? "by hand",
      dag: asked.dag,
      deadlineMs: app.clock.now().getTime() + measureRest(),
    });
    if ("heldBy" in taken) return refuseBusy(app, asked, "Another invocation is at work", taken.heldBy);
    try {
      const other = await findOtherDagmar(app, definition);
      if (other !== undefined) return refuseBusy(app, asked, "Another Dagmar is at work", other);
      const state = await restoreState(notes, app.settings.databaseFile, app);
      return judge(await runCarried(app, folder, asked, measureRest, state));
    } finally {
      await taken.lease.release().catch((error: unknown) => {
        app.log.warn(`The lease could not be given back; it ends by itself: ${describeError(error)}`);
      });
    }
  });
}

/** A scheduler, or a command, that asks for what this Dag would ask for. */
async function findOtherDagmar(
  { lake, clock, registry }: App,
  { tasks }: DagDefinition,
): Promise<LeaseHolder | undefined> {
  for (const { type, with: options } of tasks) {
    const written = registry.get(type)?.writes(options);
    if (written?.many !== true) continue;
    const holder = await findDatasetHolder({ notes: lake.notes, clock }, written.dataset);
    if (holder !== undefined) return holder;
  }
  return undefined;
}

/** Not an error: Lambda would send the event again at once. */
function refuseBusy({ lake, log }: App, { dag }: AskedRun, who: string, holder: LeaseHolder): unknown {
  const { facts, pid, host, since, until } = holder;
  log.warn(`${who} on ${lake.id} until ${until} at least; nothing was run.`);
  return { state: "busy", dag_id: dag, held_by: { ...facts, pid, host, since, until } };
}

/** The database is put into the lake now and then, and at the end, however the run ends. */
async function runCarried(
  app: App,
  folder: DagFolder,
  asked: AskedRun,
  measureRest: () => number,
  state: CarriedState,
): Promise<RunFigures> {
  const { definition, fingerprint } = app.pickEnabledDag(folder, asked.dag);
  const database = await app.openDatabase("create");
  const request = {
    version: { definition, fingerprint },
    logicalDate: await chooseLogicalDate(app, definition, folder.dags, asked.date ?? undefined, false),
    isNew: false,
    params: asked.params,
    onlyTasks: null,
    namedTasks: [],
    isRerun: false,
    isRefetch: false,
  };
  const show = { observer: {}, close: () => Promise.resolve() };
  const ended = new AbortController();
  const taken = new AbortController();
  const saving = saveNowAndThen(app, database, state, ended.signal, taken);
  try {
    const budget = divideTime(Math.max(LEAST_TIME_MS, measureRest() - SPARE_MS - CLOSING_MS));
    return await runDag(app, request, () => show, taken.signal, budget);
  } finally {
    ended.abort();
    await saving;
    await save(app, database, state, taken);
  }
}

async function saveNowAndThen(
  app: App,
  database: Database,
  state: CarriedState,
  ended: AbortSignal,
  taken: AbortController,
): Promise<void> {
  for (;;) {
    await app.clock.sleep(SNAPSHOT_EVERY_MS, ended).catch(() => undefined);
    if (ended.aborted) return;
    await save(app, database, state, taken);
  }
}

/** Without it the next invocation learns from the lake: no reason to fail a run that stored what it has. */
async function save(
  { log }: App,
  database: Database,
  state: CarriedState,
  taken: AbortController,
): Promise<void> {
  try {
    if (await state.save(database)) return;
    log.warn("Another invocation has put its state into the lake: this one stops, and its own is not kept.");
    taken.abort(new Error("another invocation is at work on the lake"));
  } catch (error) {
    log.warn(`The state could not be put into the lake: ${describeError(error)}`);
  }
}

function judge(figures: RunFigures): unknown {
  const { run, sums } = figures;
  const isKnown = isRunEnded(run.state) || sums.length > 0;
  const left = isKnown ? sums.reduce((rest, { sum }) => rest + sum.remaining, 0) : null;
  const result = { ...(describeRunAsJson(figures) as object), left };
  if (run.state !== "failed") return result;
  throw new Error(`The run has failed: ${JSON.stringify(result)}`);
}
