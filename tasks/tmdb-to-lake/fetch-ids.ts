/** Fetches the planned ids, several at once, and hands every answer on: to the sink, or to the books as an outcome. */
import { setMaxListeners } from "node:events";
import type { RecordSink } from "../../lake/protocol/record-sink.ts";
import type { PlannedId } from "../../model/ask-policy.ts";
import type { Ask } from "../../model/batch-store.ts";
import type { TaskPorts } from "../../model/task-ports.ts";
import type { TaskContext } from "../../model/task-type.ts";
import type { TmdbClient } from "./client/tmdb-client.ts";
import type { TmdbToLakeOptions } from "./options.ts";

export interface FetchRequest {
  readonly context: TaskContext<TmdbToLakeOptions, TaskPorts>;
  readonly client: TmdbClient;
  readonly ask: Ask;
  readonly sink: RecordSink;
  readonly planned: readonly PlannedId[];
}

/** Answers that are on their way into the database; the next request need not wait for the commit of the last answer. */
const MAX_UNSETTLED = 256;
/** Of bodies in memory that wait for room in the spool, beside one for each request under way. */
const MAX_UNSETTLED_BYTES = 16 * 1024 * 1024;

/**
 * Resolves when every planned id is spooled or decided. The first error stops all; what was under way is then settled before
 * the error is raised, so that nothing is written behind the caller's back.
 */
export async function fetchIds(request: FetchRequest): Promise<void> {
  const { context, client, ask, sink, planned } = request;
  const { options, state, clock } = context;
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, sink.failed, stop.signal]);
  setMaxListeners(0, signal);
  const unsettled = new Set<Promise<void>>();
  const counts = { done: 0, notFound: 0, failed: 0 };
  const queue = planned.values();
  const startedMs = clock.monotonicMs();

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
    const seconds = (clock.monotonicMs() - startedMs) / 1000;
    const rate = seconds > 0 ? `${(counts.done / seconds).toFixed(1)}/s` : "";
    const note = [
      rate,
      counts.notFound > 0 ? `${counts.notFound} not found` : "",
      counts.failed > 0 ? `${counts.failed} failed` : "",
    ];
    context.progress({
      done: counts.done,
      total: planned.length,
      unit: "ids",
      note: note.filter(Boolean).join(", "),
    });
  }

  async function fetchOne({ askedId, generation }: PlannedId): Promise<void> {
    const title = {
      entity: options.entity,
      imdbId: askedId,
      language: options.language,
      append: options.append,
    };
    const answer = await client.fetchTitle(title, signal);
    const { askId } = ask;
    if (answer.outcome === "found") {
      const { structure, body, endpoint, providerId, fetchedAt } = answer;
      const record = { askId, generation, askedId, structure, body, endpoint, providerId, fetchedAt };
      settle(sink.add(record), body.byteLength);
      return;
    }
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
    for (const id of queue) {
      if (signal.aborted) return;
      while (unsettled.size >= MAX_UNSETTLED || unsettledBytes >= MAX_UNSETTLED_BYTES)
        await Promise.race(unsettled);
      await fetchOne(id);
    }
  }

  context.progress({ done: 0, total: planned.length, unit: "ids" });
  const workers = Array.from({ length: options.concurrency }, async () => {
    try {
      await work();
    } catch (error) {
      stop.abort(error);
    }
  });
  await Promise.all(workers);
  await Promise.all(unsettled);
  // The cause, not the echo: a fetch that was aborted because a put failed reports only that it was aborted.
  context.signal.throwIfAborted();
  sink.failed.throwIfAborted();
  stop.signal.throwIfAborted();
}
