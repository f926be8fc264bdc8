/**
 * Fetches the planned ids, several at once, and passes every answer on: to the sink, or to the database as an outcome.
 */
import { setMaxListeners } from "node:events";
import type { RecordSink } from "../../lake/protocol/record-sink.ts";
import type { PlannedId } from "../../model/records/ask-policy.ts";
import type { Ask, IdPlan } from "../../model/ports/batch-store.ts";
import type { TaskPorts } from "../../model/ports/task-ports.ts";
import type { TaskContext } from "../../model/ports/task-type.ts";
import type { AbsentTitle, FailedTitle } from "./title-answer.ts";
import type { TmdbClient } from "./tmdb-client.ts";
import type { TitleRequest } from "./title-requests.ts";
import { createDoubtfulFailures, type AskedId } from "./doubtful-failures.ts";
import { createIdQueue } from "./id-queue.ts";
import type { TmdbToLakeOptions } from "./options.ts";

export interface FetchRequest {
  readonly context: TaskContext<TmdbToLakeOptions, TaskPorts>;
  readonly client: TmdbClient;
  readonly ask: Ask;
  readonly sink: RecordSink;
  readonly planned: IdPlan;
  /** Whether the id must still be asked after the lake was listed again. */
  readonly isStillPlanned: (id: PlannedId) => Promise<boolean>;
}

/**
 * Answers that are on their way into the database; the next request need not wait for the commit of the last answer.
 */
const MAX_UNSETTLED = 256;
/** How often to check whether an answer has come. */
const SILENCE_CHECK_MS = 1000;
/** After this long without answers the progress says so, even if nothing has failed yet. */
const LONG_SILENCE_MS = 4000;
/** The most bodies in memory that wait for room in the spool, in addition to one for each running request. */
const MAX_UNSETTLED_BYTES = 16 * 1024 * 1024;

/** When fetching has to end, requests that are under way have this long to be answered. */
const LAST_ANSWERS_MS = 1000;

/**
 * `true` when every planned id is spooled or decided, `false` when the run's time is nearly over before. The first error
 * stops everything; running requests are then settled before the error is raised, so that nothing is written afterwards.
 */
export async function fetchIds(request: FetchRequest): Promise<boolean> {
  const { context, client, ask, sink, planned, isStillPlanned } = request;
  const { options, state, clock } = context;
  const stop = new AbortController();
  const late = new AbortController();
  const signal = AbortSignal.any([context.signal, sink.failed, stop.signal, late.signal]);
  const { wrapUp } = context;
  setMaxListeners(0, signal);
  const unsettled = new Set<Promise<void>>();
  const counts = { done: 0, notFound: 0, failed: 0 };
  const queue = createIdQueue(planned);
  const doubtful = createDoubtfulFailures(client, (id, failed) => {
    decide(id, failed);
  });
  const startedMs = clock.monotonicMs();
  let quietSinceMs = startedMs;
  let unsettledBytes = 0;

  function settle(writing: Promise<void>, sizeBytes: number): void {
    unsettledBytes += sizeBytes;
    const tracked = writing
      .then(show, (error: unknown) => {
        stop.abort(error);
      })
      .finally(() => {
        unsettledBytes -= sizeBytes;
        unsettled.delete(tracked);
      });
    unsettled.add(tracked);
  }

  function show(): void {
    counts.done += 1;
    quietSinceMs = clock.monotonicMs();
    report();
  }

  function report(waitsFor?: string): void {
    const seconds = (clock.monotonicMs() - startedMs) / 1000;
    const rate = seconds > 0 ? `${(counts.done / seconds).toFixed(1)}/s` : "";
    const note = [
      rate,
      counts.notFound > 0 ? `${counts.notFound} not found` : "",
      counts.failed > 0 ? `${counts.failed} failed` : "",
    ];
    context.progress({
      done: counts.done,
      total: planned.size,
      unit: "ids",
      note: note.filter(Boolean).join(", "),
      ...(waitsFor === undefined ? {} : { waitsFor }),
    });
  }

  /** While nothing arrives the progress says why: otherwise a slow service looks like a dead one. */
  async function watchSilence(ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      await clock.sleep(SILENCE_CHECK_MS, ended).catch(() => undefined);
      const quietMs = clock.monotonicMs() - quietSinceMs;
      if (ended.aborted || quietMs < SILENCE_CHECK_MS) continue;
      const long = quietMs < LONG_SILENCE_MS ? undefined : `no answer for ${Math.floor(quietMs / 1000)} s`;
      const waitsFor = client.waitsFor ?? long;
      if (waitsFor !== undefined) report(waitsFor);
    }
  }

  async function fetchOne({ askedId, generation, hasFailed }: PlannedId): Promise<void> {
    const id = { askedId, generation };
    const title = describeTitle(options, askedId);
    const answer = await client.fetchTitle(hasFailed ? { ...title, hasFailed } : title, signal);
    const { askId } = ask;
    if (answer.outcome === "found") {
      const { structure, body, endpoint, providerId, fetchedAt } = answer;
      const facts = { provider_id: providerId, endpoint };
      const record = { askId, generation, askedId, structure, body, facts, fetchedAt };
      settle(sink.add(record), body.byteLength);
      await doubtful.judge(signal);
    } else if (answer.outcome === "failed" && answer.reason !== "bad_id") {
      doubtful.add(id, answer);
      await doubtful.judge(signal);
    } else {
      decide(id, answer);
    }
  }

  function decide({ askedId, generation }: AskedId, answer: AbsentTitle | FailedTitle): void {
    const { askId } = ask;
    const { outcome, reason, fetchedAt } = answer;
    const isFailed = outcome === "failed";
    if (isFailed) counts.failed += 1;
    else counts.notFound += 1;
    const detail = isFailed ? answer.detail : "";
    const isPermanent = isFailed ? answer.isPermanent : true;
    if (isFailed) context.log.debug(`${askedId}: ${reason}`, { detail });
    settle(
      state.batches.decide({ askId, generation, askedId, outcome, reason, detail, isPermanent, fetchedAt }),
      0,
    );
  }

  async function work(): Promise<void> {
    for (;;) {
      if (signal.aborted || wrapUp.aborted) return;
      const id = client.isInDoubt || doubtful.areMany ? await queue.takeSample() : await queue.takeNext();
      if (id === undefined) return;
      // Another database may have stored it since the plan was made.
      if (sink.lessons > 0 && !(await isStillPlanned(id))) {
        show();
        continue;
      }
      while (unsettled.size >= MAX_UNSETTLED || unsettledBytes >= MAX_UNSETTLED_BYTES)
        await Promise.race(unsettled);
      await fetchOne(id);
    }
  }

  context.progress({ done: 0, total: planned.size, unit: "ids" });
  const workers = Array.from({ length: options.concurrency }, async () => {
    try {
      await work();
    } catch (error) {
      if (!late.signal.aborted) stop.abort(error);
    }
  });
  const ended = new AbortController();
  const waitForLast = (): void => {
    void clock.sleep(LAST_ANSWERS_MS, ended.signal).then(
      () => late.abort(wrapUp.reason),
      () => undefined,
    );
  };
  if (wrapUp.aborted) waitForLast();
  wrapUp.addEventListener("abort", waitForLast, { once: true });
  const watching = watchSilence(ended.signal);
  await Promise.all(workers);
  try {
    if (!signal.aborted && !wrapUp.aborted) await doubtful.judgeAll(signal);
  } catch (error) {
    stop.abort(error);
  }
  await Promise.all(unsettled);
  ended.abort();
  await watching;
  // The cause, not its consequence: a fetch that was aborted because a put failed reports only the abort.
  context.signal.throwIfAborted();
  sink.failed.throwIfAborted();
  stop.signal.throwIfAborted();
  return !wrapUp.aborted;
}

export function describeTitle(options: TmdbToLakeOptions, imdbId: string): TitleRequest {
  const { entity, language, append } = options;
  return { entity, imdbId, language, append };
}
