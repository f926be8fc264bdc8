/**
 * SPOOL, SEAL, PUT, COMMIT and MANIFEST for one task: takes fetched records and stores each in exactly one object. The
 * task decides what to fetch; the BatchStore records each step.
 */
import type { Ask, FetchedRecord, SealedBatch, SpooledRecord } from "../../model/ports/batch-store.ts";
import type { ObjectStore } from "../../model/ports/object-store.ts";
import { failpoint } from "../../model/failpoint.ts";
import { createBatchPacker } from "../../model/records/record-batch.ts";
import { SerialQueue } from "../serial-queue.ts";
import { putSealed, type PutContext } from "./put-sealed.ts";

/** Fetching waits while more than this is spooled and not yet in an object. */
const MAX_SPOOLED_BYTES = 64 * 1024 * 1024;
const PUTS_AT_ONCE = 4;

export interface SinkStats {
  /** Objects that this attempt put or found to be ours, manifests included. */
  readonly objects: number;
  readonly records: number;
  readonly bytes: number;
}

export interface RecordSink {
  /** Finishes what earlier attempts and earlier tasks of the dataset left, each in its own partition. */
  recover(): Promise<void>;
  /** Resolves when the record is durable in the spool; waits while the spool is full. Raises what a put raised. */
  add(record: FetchedRecord): Promise<void>;
  /** Seals and puts everything, and the manifests. Call it after every outcome was recorded. */
  finish(): Promise<void>;
  /** Seals what is spooled and puts nothing: for a task that failed or was stopped. */
  abandon(): Promise<void>;
  /** Aborted when a put failed for good, so that fetching stops. */
  readonly failed: AbortSignal;
  /** How often the lake was listed again since: then another database may have stored some of the planned ids. */
  readonly lessons: number;
  readonly stats: SinkStats;
}

export interface SinkContext extends Omit<PutContext, "learnAgain"> {
  readonly objects: ObjectStore;
  /** KNOW once more. */
  learn(): Promise<unknown>;
}

export function openRecordSink(context: SinkContext, ask: Ask, dataset: string): RecordSink {
  const { lake, batches, objects } = context;
  const learning = new SerialQueue();
  const putContext: PutContext = {
    ...context,
    learnAgain: (takenKey) =>
      learning.run(async () => {
        // If several puts meet objects of the other database at once, one listing covers all of them.
        const taken = await objects.find(lake.id, takenKey);
        if (taken?.isCommitted === true) return;
        await context.learn();
        lessons += 1;
      }),
  };
  const packer = createBatchPacker<SpooledRecord>();
  const failure = new AbortController();
  const queue: SealedBatch[] = [];
  const underWay = new Set<Promise<void>>();
  const stats = { objects: 0, records: 0, bytes: 0 };
  let activePuts = 0;
  let isClosing = false;
  let spooledBytes = 0;
  let lessons = 0;

  function track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => {
        failure.abort(error);
      })
      .finally(() => {
        underWay.delete(tracked);
      });
    underWay.add(tracked);
  }

  function pump(): void {
    while (activePuts < PUTS_AT_ONCE && !failure.signal.aborted) {
      const batch = queue.shift();
      if (batch === undefined) return;
      activePuts += 1;
      track(
        put(batch).finally(() => {
          activePuts -= 1;
          pump();
        }),
      );
    }
  }

  async function put(batch: SealedBatch): Promise<void> {
    const { isCommitted, manifests, rest } = await putSealed(putContext, batch, {
      isClosing: () => isClosing,
    });
    if (batch.kind === "records") spooledBytes -= batch.sizeBytes;
    if (isCommitted) {
      stats.objects += 1;
      stats.records += batch.recordCount;
      stats.bytes += batch.sizeBytes;
    }
    for (const record of rest) {
      spooledBytes += record.sizeBytes;
      pack(record);
    }
    queue.push(...manifests);
  }

  async function seal(records: readonly SpooledRecord[]): Promise<void> {
    failpoint("seal.before");
    const batch = await batches.seal(records);
    failpoint("seal.after");
    // Counted as written from here on, frame included, so that put() subtracts exactly these bytes.
    spooledBytes -= records.reduce((sum, record) => sum + record.sizeBytes, 0);
    if (batch === undefined) return;
    spooledBytes += batch.sizeBytes;
    queue.push(batch);
    pump();
  }

  async function fixManifests(): Promise<void> {
    failpoint("manifest.before");
    queue.push(...(await batches.fixManifests(lake.id, dataset)));
    failpoint("manifest.after");
  }

  /** The record's bytes are counted already. */
  function pack(record: SpooledRecord): void {
    for (const full of packer.add(record)) track(seal(full));
  }

  async function settle(): Promise<void> {
    pump();
    while (underWay.size > 0) await Promise.all(underWay);
    failure.signal.throwIfAborted();
  }

  /** A put may return records, which are then packed again. */
  async function settleAll(): Promise<void> {
    for (let open = packer.flush(); open.length > 0; open = packer.flush()) {
      for (const records of open) track(seal(records));
      await settle();
    }
    await settle();
  }

  /**
   * Checks and reserves in one step, without an await between: of many waiting records, those that fit continue and the
   * others wait again. Returns a function to call when the record is packed; until then it counts as on its way.
   */
  async function reserveRoom(sizeBytes: number): Promise<() => void> {
    while (spooledBytes + sizeBytes > MAX_SPOOLED_BYTES) {
      failure.signal.throwIfAborted();
      // Nothing on its way means that open batches alone fill the spool: close them.
      if (underWay.size === 0) for (const open of packer.flush()) track(seal(open));
      if (underWay.size === 0) break;
      await Promise.race(underWay);
    }
    spooledBytes += sizeBytes;
    let release = (): void => undefined;
    track(
      new Promise((resolve) => {
        release = resolve;
      }),
    );
    return release;
  }

  return {
    failed: failure.signal,
    stats,
    get lessons() {
      return lessons;
    },
    async recover() {
      queue.push(...(await batches.listSealed(lake.id, dataset)));
      for (const batch of queue) if (batch.kind === "records") spooledBytes += batch.sizeBytes;
      await settle();
      const unsealed = await batches.listUnsealed(lake.id, dataset);
      for (const record of unsealed) spooledBytes += record.sizeBytes;
      for (const record of unsealed) if (record.askId !== ask.askId) pack(record);
      await settleAll();
      await fixManifests();
      await settle();
      for (const record of unsealed) if (record.askId === ask.askId) pack(record);
    },
    async add(record) {
      failure.signal.throwIfAborted();
      const release = await reserveRoom(record.body.byteLength);
      try {
        failpoint("spool.before");
        const spooled = await batches.spool(record);
        failpoint("spool.after");
        pack(spooled);
      } finally {
        release();
      }
    },
    async finish() {
      isClosing = true;
      await settleAll();
      await fixManifests();
      await settle();
    },
    async abandon() {
      while (underWay.size > 0) await Promise.all(underWay);
      // From the database, not from the batches open here: the task may have ended before it took up what an earlier
      // attempt left.
      const rest = createBatchPacker<SpooledRecord>();
      const unsealed = await batches.listUnsealed(lake.id, dataset);
      const own = unsealed.filter((record) => record.askId === ask.askId);
      for (const full of [...own.flatMap((record) => rest.add(record)), ...rest.flush()])
        await batches.seal(full);
    },
  };
}
