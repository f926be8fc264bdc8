/** The task type `tmdb-to-lake`: TMDB's JSON for a set of IMDb ids, unchanged; each id gets exactly one outcome. */
import { learnLake } from "../../lake/protocol/learn-lake.ts";
import { openRecordSink } from "../../lake/protocol/record-sink.ts";
import type { AskPolicy, PlannedId } from "../../model/records/ask-policy.ts";
import type { Ask } from "../../model/ports/batch-store.ts";
import { describeError, TaskFailure } from "../../model/errors.ts";
import { failpoint } from "../../model/failpoint.ts";
import {
  findImbalance,
  formatReconciliation,
  type Reconciliation,
} from "../../model/records/reconciliation.ts";
import type { TaskPorts } from "../../model/ports/task-ports.ts";
import type { TaskContext, TaskOutput, TaskType } from "../../model/ports/task-type.ts";
import { literalPrefix } from "../../model/dag/template.ts";
import { readWritten } from "../options.ts";
import { listIdFaults } from "./id-source.ts";
import { optionsSchema, type TmdbToLakeOptions } from "./options.ts";
import type { TmdbClient, TmdbClientOptions } from "./tmdb-client.ts";
import { openControlStock } from "./control-stock.ts";
import { describeTitle, fetchIds, type FetchRequest } from "./fetch-ids.ts";
import { createSpread } from "./id-queue.ts";
import { describeTmdbService } from "./tmdb-probe.ts";
import { describeQuestion } from "./question.ts";

type Context = TaskContext<TmdbToLakeOptions, TaskPorts>;

export interface ClientWishes {
  readonly maxRatePerSecond?: number | undefined;
  readonly pickControl?: TmdbClientOptions["pickControl"];
  readonly rules?: TmdbClientOptions["rules"];
}

export interface TmdbSource {
  readonly baseUrl: string;
  /** One attempt's client; raises as `assertConfigured` does. */
  openClient(options?: ClientWishes): Promise<TmdbClient>;
  /** Raises `SECRET_MISSING` without a token, and `CONFIG_INVALID` if token or address cannot be TMDB's. */
  assertConfigured(): void;
}

export function createTmdbToLake(tmdb: TmdbSource): TaskType<TmdbToLakeOptions, TaskPorts> {
  return {
    type: "tmdb-to-lake",
    summary:
      "Asks TMDB for the titles of a set of IMDb ids and stores the answers, at most 100 and 10 MB an object.",
    options: optionsSchema,
    ownTemplateNames: ["seq"],
    outputNames: [
      "asked",
      "stored",
      "already_stored",
      "not_found",
      "failed",
      "remaining",
      "objects",
      "requests",
    ],
    writes: (options) => ({
      dataset: readWritten(options, "dataset"),
      key: readWritten(options, "key"),
      many: true,
    }),
    reads: () => [],
    describeOutput: (output) => {
      const count = (name: string): string => Number(output[name]).toLocaleString("en-US");
      return `${count("stored")} stored, ${count("already_stored")} already stored, ${count("not_found")} not found, ${count("failed")} failed; ${count("requests")} requests`;
    },
    listFaults: listIdFaults,
    exclusiveKey: (options) => `records:${readWritten(options, "dataset")}`,
    assertConfigured: () => {
      tmdb.assertConfigured();
    },
    service: describeTmdbService(tmdb),
    run: (context) => ingest(context, tmdb),
  };
}

/** With the dataset's lease. */
async function ingest(context: Context, tmdb: TmdbSource): Promise<TaskOutput> {
  const { state, options, run, log } = context;
  tmdb.assertConfigured();
  const lease = await state.leases.take(options.dataset, { run, log, signal: context.signal });
  try {
    const signal = AbortSignal.any([context.signal, lease.lost]);
    return await ingestAlone({ ...context, signal }, tmdb);
  } finally {
    await lease.release();
  }
}

async function ingestAlone(context: Context, tmdb: TmdbSource): Promise<TaskOutput> {
  const { lake, state, options, run, taskId, signal } = context;
  const ask = await openAsk(context, tmdb.baseUrl);
  const { objects, events, batches } = state;
  const learn = () =>
    learnLake({
      lake,
      objects,
      events,
      dataset: options.dataset,
      prefix: literalPrefix(readWritten(context.written, "key")),
      signal,
      learner: { dagId: run.dagId, runId: run.runId, taskId },
    });
  await learn();
  const sink = openRecordSink(
    { lake, objects, batches, events, run, taskId, signal, learn },
    ask,
    options.dataset,
  );
  const progress = { requests: 0, isWhole: true };
  try {
    await sink.recover();
    failpoint("plan.before");
    const policy = readPolicy(context);
    const planned = await batches.plan(ask, policy);
    const isStillPlanned = (id: PlannedId) => batches.isStillPlanned(ask, id, policy);
    failpoint("plan.after");
    if (planned.size > 0) {
      progress.isWhole = false;
      if (!context.wrapUp.aborted)
        Object.assign(progress, await fetchWithClient(tmdb, { context, ask, sink, planned, isStillPlanned }));
    }
    await sink.finish();
    if (!progress.isWhole) context.wrapUp.throwIfAborted();
  } catch (error) {
    // What cannot be sealed now is still in the spool; the error that ended the task must be the one reported.
    await sink.abandon().catch((fault: unknown) => {
      context.log.warn(`What was spooled could not be sealed: ${describeError(fault)}`);
    });
    throw error;
  }
  const sum = await state.batches.reconcile(ask);
  await state.batches.close(ask, sum);
  context.log.info(formatReconciliation(sum), { objects: sink.stats.objects });
  await judge(context, ask, sum);
  return {
    asked: sum.asked,
    stored: sum.stored,
    already_stored: sum.alreadyStored,
    not_found: sum.notFound,
    failed: sum.failed,
    remaining: sum.remaining,
    objects: sink.stats.objects,
    requests: progress.requests,
  };
}

/** A run that has nothing to ask needs no client. */
async function fetchWithClient(
  tmdb: TmdbSource,
  request: Omit<FetchRequest, "client">,
): Promise<{ readonly requests: number; readonly isWhole: boolean }> {
  const { context, ask, planned } = request;
  const { options, state } = context;
  const spread = createSpread();
  const controls = await openControlStock(async () => {
    const near = (await planned.at(spread(planned.size)))?.askedId ?? "";
    const imdbId = await state.batches.pickStored(ask, near);
    return imdbId === undefined ? undefined : describeTitle(options, imdbId);
  });
  const client = await tmdb.openClient({
    maxRatePerSecond: options.rate_per_second,
    pickControl: () => controls.take(),
  });
  try {
    const isWhole = await fetchIds({ ...request, client });
    return { requests: client.requests, isWhole };
  } finally {
    client.close();
  }
}

function openAsk(context: Context, baseUrl: string): Promise<Ask> {
  const { lake, state, options, run, taskId } = context;
  const candidates = findCandidates(context);
  return state.batches.openAsk({
    lakeId: lake.id,
    question: describeQuestion(options, baseUrl),
    run,
    taskId,
    candidateSetId: Number(candidates["candidate_set"]),
    keyTemplate: options.key,
    limit: options.limit,
    source: { key: candidates["key"] ?? null, sha256: candidates["sha256"] ?? null },
  });
}

function findCandidates(context: Context): TaskOutput {
  const { outputs, options } = context;
  const sets = Object.entries(outputs).filter(
    ([taskId, output]) =>
      output["candidate_set"] !== undefined &&
      (options.ids_from === undefined || options.ids_from === taskId),
  );
  const [only] = sets;
  if (only !== undefined && sets.length === 1) return only[1];
  const found =
    sets.length === 0
      ? "none of the tasks that it needs provides ids"
      : "several tasks that it needs provide ids";
  throw new TaskFailure("OUTPUT_MISSING", `${context.taskId}: ${found}.`, false, {
    hint: "Make it need one csv-to-ids task, or name one in ids_from.",
  });
}

function readPolicy(context: Context): AskPolicy {
  const { options, run } = context;
  return {
    logicalDate: run.logicalDate,
    runStamp: run.runStamp,
    recheckAfterSeconds: options.recheck_after,
    refreshAfterSeconds: options.refresh_after ?? null,
    refetchGeneration: run.refetchGeneration,
  };
}

/** A retry can change only temporary failures. */
async function judge(context: Context, ask: Ask, sum: Reconciliation): Promise<void> {
  const { options, state } = context;
  const imbalance = findImbalance(sum, options.limit !== null);
  if (imbalance !== undefined) throw new TaskFailure("RECONCILIATION_BROKEN", imbalance, true);
  if (sum.freshFailed <= options.max_failed) return;
  const failures = await state.batches.listFailures(ask);
  const reasons = failures
    .map(({ reason, count, example }) => `${count} ${reason} (such as ${example})`)
    .join(", ");
  const listed = `\`dagmar lake missing\` lists them; ${sum.stored + sum.alreadyStored} of ${sum.asked} ids are stored.`;
  const mayChange = failures.some((failure) => !failure.isPermanent);
  throw new TaskFailure(
    "IDS_FAILED",
    `${sum.freshFailed} of ${sum.asked} ids failed, and max_failed is ${options.max_failed}: ${reasons}. ${formatReconciliation(sum)}.`,
    mayChange,
    {
      hint: mayChange
        ? listed
        : `${listed} None of them will change soon: raise max_failed to let the run pass, or run a later date.`,
    },
  );
}
