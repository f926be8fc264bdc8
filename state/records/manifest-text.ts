/** The text of a manifest: its ask, the ask's sum, its objects with their records, and the ids that have no object. */
import type { RecordFacts } from "../../model/ports/batch-store.ts";
import {
  DECIDED_COLUMNS,
  hashDecided,
  writeDecided,
  type ListedDecision,
} from "../../model/records/decided-ids.ts";
import type { Facets } from "../../model/records/question.ts";
import type { Reconciliation } from "../../model/records/reconciliation.ts";

export interface AskLineage {
  readonly lake: string;
  readonly dataset: string;
  readonly questionHash: string;
  /** JSON, like the next two. */
  readonly askedOf: string;
  readonly facets: string;
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly logicalDate: string;
  readonly runStamp: string;
  readonly keyTemplate: string;
  readonly source: string;
}

export interface ListedRecord {
  readonly askedId: string;
  readonly facts: RecordFacts;
  readonly fetchedAt: string;
}

export interface ListedBatch {
  readonly batchId: number;
  readonly batchUid: string;
  readonly key: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly recordCount: number;
  readonly generation: string;
  readonly structure: string;
}

/** What one manifest lists. */
export interface Listing {
  readonly batches: readonly (ListedBatch & { readonly records: readonly ListedRecord[] })[];
  readonly decisions: readonly ListedDecision[];
}

/** One object or id per line, so that `less` and `diff` can handle a manifest of many thousand records. */
export function writeManifest(ask: AskLineage, sum: Reconciliation, { batches, decisions }: Listing): string {
  const names = [
    ...new Set(batches.flatMap(({ records }) => records.flatMap(({ facts }) => Object.keys(facts)))),
  ];
  const head = {
    dataset: ask.dataset,
    dag_id: ask.dagId,
    run_id: ask.runId,
    task_id: ask.taskId,
    logical_date: ask.logicalDate,
    source: JSON.parse(ask.source) as unknown,
    question: {
      hash: ask.questionHash,
      ...(JSON.parse(ask.askedOf) as Facets),
      ...(JSON.parse(ask.facets) as Facets),
    },
    reconciliation: {
      asked: sum.asked,
      stored: sum.stored,
      already_stored: sum.alreadyStored,
      not_found: sum.notFound,
      failed: sum.failed,
      remaining: sum.remaining,
    },
    object_count: batches.length,
    record_count: batches.reduce((count, batch) => count + batch.recordCount, 0),
    record_columns: ["asked_id", ...names, "fetched_at"],
  };
  const objects = batches.map((batch) =>
    JSON.stringify({
      key: batch.key,
      sha256: batch.sha256,
      size_bytes: batch.sizeBytes,
      record_count: batch.recordCount,
      batch: batch.batchUid,
      generation: batch.generation,
      structure: batch.structure,
      records: batch.records.map(({ askedId, facts, fetchedAt }) => [
        askedId,
        ...names.map((name) => facts[name] ?? null),
        fetchedAt,
      ]),
    }),
  );
  const opening = JSON.stringify(head, null, 2).replace(/\n\}$/, "");
  return `${opening},\n  "objects": ${listLines(objects)}${writeTail(decisions)}\n}\n`;
}

/** Only where there are such ids: any other manifest is as the first release wrote it, byte for byte. */
function writeTail(decisions: readonly ListedDecision[]): string {
  if (decisions.length === 0) return "";
  const texts = writeDecided(decisions);
  const head = {
    decided_count: decisions.length,
    decided_columns: DECIDED_COLUMNS,
    decided_sha256: hashDecided(texts),
  };
  const opening = JSON.stringify(head, null, 2).replace(/^\{|\n\}$/g, "");
  return `,${opening},\n  "decided": ${listLines(texts)}`;
}

function listLines(texts: readonly string[]): string {
  return texts.length === 0 ? "[]" : `[\n${texts.join(",\n")}\n  ]`;
}
