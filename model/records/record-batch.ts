/** How records become one object: limits, framing, and which records share a batch. */

export const MAX_RECORDS_PER_BATCH = 100;
/** Decimal megabytes of the written object, frame included. */
export const MAX_BYTES_PER_BATCH = 10_000_000;

const OPENING = "[\n";
const SEPARATOR = ",\n";
const CLOSING = "\n]\n";

/** Bytes of the object that holds records of these sizes. */
export function measureFrame(recordCount: number, recordBytes: number): number {
  return OPENING.length + recordBytes + SEPARATOR.length * Math.max(0, recordCount - 1) + CLOSING.length;
}

/** The largest record that can be stored at all: alone in a batch. */
export const MAX_RECORD_BYTES = MAX_BYTES_PER_BATCH - measureFrame(1, 0);

/** The records' own bytes, framed as one JSON array, one record per line. */
export function frameRecords(bodies: readonly Uint8Array[]): Buffer {
  const parts: Uint8Array[] = [Buffer.from(OPENING)];
  bodies.forEach((body, index) => {
    if (index > 0) parts.push(Buffer.from(SEPARATOR));
    parts.push(body);
  });
  parts.push(Buffer.from(CLOSING));
  return Buffer.concat(parts);
}

export interface PackableRecord {
  readonly spoolId: number;
  readonly sizeBytes: number;
  /** Records share a batch only if they share the group: same ask, generation and structure. */
  readonly group: string;
}

/** One open batch per group, filled in the order in which records come. */
export interface BatchPacker<R extends PackableRecord> {
  /** Adds a record and returns the batches that became full: none or one. */
  add(record: R): readonly (readonly R[])[];
  /** Closes every open batch, oldest first. */
  flush(): readonly (readonly R[])[];
}

export function createBatchPacker<R extends PackableRecord>(): BatchPacker<R> {
  const open = new Map<string, R[]>();
  const bytesOf = (records: readonly R[]): number =>
    records.reduce((sum, record) => sum + record.sizeBytes, 0);
  return {
    add(record) {
      const full: R[][] = [];
      let batch = open.get(record.group) ?? [];
      if (
        measureFrame(batch.length + 1, bytesOf(batch) + record.sizeBytes) > MAX_BYTES_PER_BATCH &&
        batch.length > 0
      ) {
        full.push(batch);
        batch = [];
        // The group's next batch is younger than open batches of other groups.
        open.delete(record.group);
      }
      batch.push(record);
      if (batch.length === MAX_RECORDS_PER_BATCH) {
        full.push(batch);
        open.delete(record.group);
      } else {
        open.set(record.group, batch);
      }
      return full;
    },
    flush() {
      const rest = [...open.values()];
      open.clear();
      return rest;
    },
  };
}
