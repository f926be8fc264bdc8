/** One task that asks one question through the record protocol, on a real database and a folder lake. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { learnLake, type LearnRequest } from "../../lake/protocol/learn-lake.ts";
import { openRecordSink, type RecordSink } from "../../lake/protocol/record-sink.ts";
import type { AskPolicy } from "../../model/records/ask-policy.ts";
import type { Ask, FetchedRecord } from "../../model/ports/batch-store.ts";
import type { RunFacts } from "../../model/ports/task-type.ts";
import type { TestWorld } from "../support/test-world.ts";
import { saveCandidates } from "../support/candidates.ts";

const QUESTION = {
  dataset: "titles",
  source: { base_url: "http://127.0.0.1:1/3" },
  facets: { entity: "movie", language: "en-US", append: [] },
};
export const POLICY: AskPolicy = {
  logicalDate: "2026-11-23T09:00:00.000Z",
  runStamp: "20261123T090000000Z",
  recheckAfterSeconds: 7 * 86_400,
  refreshAfterSeconds: null,
  refetchGeneration: null,
};

export interface Asking {
  readonly ask: Ask;
  readonly run: RunFacts;
  readonly sink: RecordSink;
}

export async function startAsking(
  world: TestWorld,
  ids: readonly string[],
  run: RunFacts,
  taskId = "movies",
): Promise<Asking> {
  const { ports, lake } = world;
  const key = { lakeId: lake.id, sha256: String(ids.length).padStart(64, "a"), conditions: {} };
  const set = await saveCandidates(ports.candidates, key, "csv", ids, {
    rows: ids.length,
    matchedRows: ids.length,
    faultyRows: {},
  });
  const ask = await ports.batches.openAsk({
    lakeId: lake.id,
    question: QUESTION,
    run,
    taskId,
    candidateSetId: set.candidateSetId,
    keyTemplate: `Raw/Titles/${run.partition}/titles-${run.runStamp}-\${seq}.json`,
    limit: null,
    source: { key: "Raw/CSV/movies.csv", sha256: key.sha256 },
  });
  const signal = new AbortController().signal;
  const { batches, objects, events } = ports;
  const sink = openRecordSink(
    { lake, batches, objects, events, run, taskId, signal, learn: () => learn(world, run) },
    ask,
    QUESTION.dataset,
  );
  return { ask, run, sink };
}

export function record(ask: Ask, askedId: string, options: Partial<FetchedRecord> = {}): FetchedRecord {
  return {
    askId: ask.askId,
    generation: "0",
    askedId,
    structure: "one",
    body: Buffer.from(`{"imdb_id":"${askedId}"}`),
    facts: { provider_id: 1, endpoint: "/movie/{imdb_id}" },
    fetchedAt: "2026-11-23T09:00:01.000Z",
    ...options,
  };
}

export function makeIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `tt${String(index + 1).padStart(7, "0")}`);
}

export async function addAll(sink: RecordSink, records: readonly FetchedRecord[]): Promise<void> {
  await Promise.all(records.map((item) => sink.add(item)));
}

export async function listKeys(world: TestWorld): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of world.lake.list("")) keys.push(key);
  return keys;
}

export function readObject(world: TestWorld, key: string): unknown {
  return JSON.parse(readFileSync(join(world.folder, "lake", key), "utf8"));
}

export async function learn(
  world: TestWorld,
  run: RunFacts,
  changes: Partial<LearnRequest> = {},
): ReturnType<typeof learnLake> {
  return learnLake({
    lake: world.lake,
    objects: world.ports.objects,
    events: world.ports.events,
    dataset: QUESTION.dataset,
    prefix: "Raw/Titles/",
    signal: new AbortController().signal,
    learner: { dagId: run.dagId, runId: run.runId, taskId: "movies" },
    ...changes,
  });
}
