/** Implements the BatchStore port: each method is one transaction over the asks, the spool and the batches. */
import type { BatchStore } from "../../model/ports/batch-store.ts";
import type { Clock } from "../../model/ports/clock.ts";
import { countFailures, closeAsk, isStillPlanned, openAsk, pickStored, planIds, reconcile } from "./asks.ts";
import { commitBatch, listSealed, readBody, rekeyBatch, sealBatch } from "./batches.ts";
import type { Database } from "../sqlite/database.ts";
import { discardBatch, hasStoredRecords, leaveOutStored } from "./left-out.ts";
import { fixManifest, listAsksToManifest } from "./manifests.ts";
import { insertDecision, insertSpooled, listUnsealed } from "./spool.ts";

export function createBatchStore(database: Database, clock: Clock): BatchStore {
  return {
    openAsk: (request) => database.write((query) => openAsk(query, request, clock.now())),
    plan: async (ask, policy) => planIds(database, ask.askId, policy),
    isStillPlanned: async (ask, id, policy) => isStillPlanned(database, ask.askId, id, policy),
    spool: (record) => database.writeLazily((query) => insertSpooled(query, record)),
    decide: (decided) =>
      database.writeLazily((query) => {
        insertDecision(query, decided, clock.now());
      }),
    listUnsealed: async (lakeId, dataset) => listUnsealed(database, lakeId, dataset),
    listSealed: async (lakeId, dataset) => listSealed(database, lakeId, dataset),
    seal: (records) => database.write((query) => sealBatch(query, records, clock.now())),
    readBody: async (batchId) => readBody(database, batchId),
    leaveOutStored: async (batch) =>
      hasStoredRecords(database, batch.batchId)
        ? database.write((query) => leaveOutStored(query, batch.batchId))
        : undefined,
    discard: (batch) =>
      database.write((query) => {
        discardBatch(query, batch.batchId);
      }),
    rekey: (batch) => database.write((query) => rekeyBatch(query, batch.batchId)),
    commit: (batch, etag, options) =>
      database.write((query) => {
        const askId = commitBatch(query, batch, etag, clock.now());
        return options.isClosing && batch.kind === "records" ? fixManifest(query, askId, clock.now()) : [];
      }),
    fixManifests: (lakeId, dataset) =>
      database.write((query) =>
        listAsksToManifest(query, lakeId, dataset).flatMap((askId) => fixManifest(query, askId, clock.now())),
      ),
    reconcile: async (ask) => reconcile(database, ask.askId),
    close: (ask, sum) =>
      database.write((query) => {
        closeAsk(query, ask.askId, sum, clock.now());
      }),
    pickStored: async (ask, near) => pickStored(database, ask.askId, near),
    listFailures: async (ask) => countFailures(database, ask.askId),
  };
}
