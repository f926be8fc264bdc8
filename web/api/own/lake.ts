/** The lake as the database has it: datasets, objects, manifests, removals, and whether the sums of a run hold. */
import { z } from "zod";
import { findImbalance } from "../../../model/records/reconciliation.ts";
import {
  listDatasetEntries,
  listManifestEntries,
  listObjectEntries,
  listPartitionEntries,
  OBJECT_STATES,
} from "../../../state/pages/lake-page.ts";
import { countRemovals, listRunSums, reportInputs, reportRemovals } from "../../../state/reports.ts";
import { defineRoute } from "../route.ts";
import { flagParameter, paging, readFlag, utc } from "../v2/listing.ts";
import { pickRun, runParams } from "../v2/known-run.ts";

const MOST_PARTITIONS = 100;

const sizes = { objects: z.int(), size_bytes: z.int(), records: z.int() } as const;
const keyPaging = {
  limit: paging.limit,
  after: z.string().max(1_024).default("").describe("The last key of the page before: next."),
} as const;
const next = z.string().nullable().describe("For `after`; null: this is the last page.");

export const listDatasets = defineRoute({
  operationId: "get_datasets",
  method: "GET",
  path: "/api/dagmar/datasets",
  tag: "Lake",
  summary: "The datasets of the lake, with the number and size of their objects. Manifests are not counted.",
  params: {},
  search: {},
  answer: z.strictObject({
    datasets: z.array(z.strictObject({ dataset: z.string(), ...sizes, newest_commit: utc.nullable() })),
  }),
  handle({ query, lakeId }) {
    return {
      datasets: listDatasetEntries(query, lakeId).map((entry) => ({
        dataset: entry.dataset,
        objects: entry.objects,
        size_bytes: entry.sizeBytes,
        records: entry.records,
        newest_commit: entry.newestCommit,
      })),
    };
  },
});

export const listPartitions = defineRoute({
  operationId: "get_partitions",
  method: "GET",
  path: "/api/dagmar/datasets/{dataset}/partitions",
  tag: "Lake",
  summary: "The newest partitions of a dataset.",
  params: { dataset: z.string().min(1).max(250) },
  search: { limit: z.coerce.number().int().min(1).max(MOST_PARTITIONS).default(MOST_PARTITIONS) },
  answer: z.strictObject({ partitions: z.array(z.strictObject({ partition: z.string(), ...sizes })) }),
  handle({ query, lakeId }, { params, search }) {
    return {
      partitions: listPartitionEntries(query, lakeId, params.dataset, search.limit).map((entry) => ({
        partition: entry.partition,
        objects: entry.objects,
        size_bytes: entry.sizeBytes,
        records: entry.records,
      })),
    };
  },
});

export const listObjects = defineRoute({
  operationId: "get_objects",
  method: "GET",
  path: "/api/dagmar/objects",
  tag: "Lake",
  summary: "The objects of the lake that the database has recorded, by key.",
  params: {},
  search: {
    ...keyPaging,
    prefix: z.string().max(1_024).optional(),
    dataset: z.string().optional(),
    dag_id: z.string().optional().describe("With dag_run_id: the objects of that run."),
    dag_run_id: z.string().optional(),
    kind: z.enum(["file", "records", "manifest", "foreign"]).optional(),
    state: z.enum(OBJECT_STATES).optional(),
    adopted: flagParameter,
  },
  answer: z.strictObject({
    objects: z.array(
      z.strictObject({
        key: z.string(),
        kind: z.enum(["file", "records", "manifest", "foreign"]),
        state: z.enum(OBJECT_STATES),
        dataset: z.string().nullable(),
        size_bytes: z.int(),
        records: z.int().nullable(),
        sha256: z.string().nullable(),
        dag_id: z.string().nullable(),
        dag_run_id: z.string().nullable(),
        task_id: z.string().nullable(),
        is_adopted: z.boolean(),
        committed_at: utc.nullable(),
      }),
    ),
    next,
  }),
  handle(tools, { search }) {
    const { dag_id: dag, dag_run_id: runId } = search;
    const isOfRun = dag !== undefined && runId !== undefined;
    const found = listObjectEntries(
      tools.query,
      {
        lakeId: tools.lakeId,
        prefix: search.prefix,
        dataset: search.dataset,
        dagRunId: isOfRun ? pickRun(tools, dag, runId).dagRunId : undefined,
        kind: search.kind,
        state: search.state,
        isAdopted: readFlag(search.adopted),
      },
      search,
    );
    return {
      objects: found.map((entry) => ({
        key: entry.key,
        kind: entry.kind,
        state: entry.state,
        dataset: entry.dataset,
        size_bytes: entry.sizeBytes,
        records: entry.records,
        sha256: entry.sha256,
        dag_id: entry.dagId,
        dag_run_id: entry.runId,
        task_id: entry.taskId,
        is_adopted: entry.isAdopted === 1,
        committed_at: entry.committedAt,
      })),
      next: writeNext(found, search.limit),
    };
  },
});

export const listManifests = defineRoute({
  operationId: "get_manifests",
  method: "GET",
  path: "/api/dagmar/manifests",
  tag: "Lake",
  summary: "The manifests of the lake, by key, with what each lists.",
  params: {},
  search: { ...keyPaging, dataset: z.string().optional() },
  answer: z.strictObject({
    manifests: z.array(
      z.strictObject({
        key: z.string(),
        dataset: z.string().nullable(),
        committed_at: utc.nullable(),
        is_adopted: z.boolean(),
        objects: z.int(),
        records: z.int(),
      }),
    ),
    next,
  }),
  handle({ query, lakeId }, { search }) {
    const found = listManifestEntries(query, lakeId, search.dataset, search);
    return {
      manifests: found.map((entry) => ({
        key: entry.key,
        dataset: entry.dataset,
        committed_at: entry.committedAt,
        is_adopted: entry.isAdopted === 1,
        objects: entry.objects,
        records: entry.records,
      })),
      next: writeNext(found, search.limit),
    };
  },
});

function writeNext(found: readonly { readonly key: string }[], limit: number): string | null {
  return found.length < limit ? null : (found.at(-1)?.key ?? null);
}

export const listRemovals = defineRoute({
  operationId: "get_removals",
  method: "GET",
  path: "/api/dagmar/removals",
  tag: "Lake",
  summary: "The newest removals of objects by hand: who, when and why, and what of it was undone.",
  params: {},
  search: { limit: paging.limit, prefix: z.string().max(1_024).default(""), dataset: z.string().optional() },
  answer: z.strictObject({
    removals: z.array(z.record(z.string(), z.unknown())).describe("Rows of v_removals."),
    total_entries: z.int(),
  }),
  handle({ query, lakeId }, { search }) {
    const { limit, prefix, dataset } = search;
    const filter = { lakeId, prefix, ...(dataset === undefined ? {} : { dataset }) };
    return {
      removals: [...reportRemovals(query, { ...filter, limit })],
      total_entries: countRemovals(query, filter),
    };
  },
});

export const getReconciliation = defineRoute({
  operationId: "get_reconciliation",
  method: "GET",
  path: "/api/dagmar/runs/{dag_id}/{dag_run_id}/reconciliation",
  tag: "Dagmar",
  summary:
    "For each task that asks for ids: asked = stored + already_stored + not_found + failed + remaining.",
  params: runParams,
  search: {},
  answer: z.strictObject({
    tasks: z.array(
      z.strictObject({
        task_id: z.string(),
        asked: z.int(),
        stored: z.int(),
        already_stored: z.int(),
        not_found: z.int(),
        failed: z.int(),
        remaining: z.int(),
        spooled: z.int().describe("Part of remaining: answers that are not in an object yet."),
        holds: z.boolean(),
        fault: z.string().nullable(),
      }),
    ),
    holds: z.boolean(),
  }),
  handle(tools, { params }) {
    const run = pickRun(tools, params.dag_id, params.dag_run_id);
    const tasks = listRunSums(tools.query, run.dagRunId).map(({ taskId, sum, kept, isOpen, hasLimit }) => {
      // Ids may remain until the run has ended, and under a limit.
      const fault = findImbalance(sum, isOpen || hasLimit);
      return {
        task_id: taskId,
        asked: sum.asked,
        stored: sum.stored,
        already_stored: sum.alreadyStored,
        not_found: sum.notFound,
        failed: sum.failed,
        remaining: sum.remaining,
        spooled: kept,
        holds: fault === undefined,
        fault: fault ?? null,
      };
    });
    return { tasks, holds: tasks.every(({ holds }) => holds) };
  },
});

export const getInputs = defineRoute({
  operationId: "get_inputs",
  method: "GET",
  path: "/api/dagmar/runs/{dag_id}/{dag_run_id}/inputs",
  tag: "Dagmar",
  summary: "What the tasks of a run read: rows of v_inputs.",
  params: runParams,
  search: {},
  answer: z.strictObject({ inputs: z.array(z.record(z.string(), z.unknown())) }),
  handle(tools, { params }) {
    const { dagId, runId } = pickRun(tools, params.dag_id, params.dag_run_id);
    return { inputs: [...reportInputs(tools.query, dagId, runId)] };
  },
});
