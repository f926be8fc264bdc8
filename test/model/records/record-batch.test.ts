/** How records are packed into batches and framed as JSON. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createBatchPacker,
  frameRecords,
  MAX_BYTES_PER_BATCH,
  MAX_RECORD_BYTES,
  MAX_RECORDS_PER_BATCH,
  measureFrame,
  type PackableRecord,
} from "../../../model/records/record-batch.ts";

/** `[` and a line end before the record; a line end, `]` and a line end after it. */
const LARGEST_RECORD_BYTES = 10_000_000 - 5;

const sizes = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 2, max: 40_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 2, max: 400_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: LARGEST_RECORD_BYTES - 4, max: LARGEST_RECORD_BYTES }) },
);
const records = fc
  .array(fc.record({ sizeBytes: sizes, group: fc.constantFrom("a", "b", "c") }), { maxLength: 700 })
  .map((items) => items.map((item, index) => ({ spoolId: index + 1, ...item })));

function packAll(items: readonly PackableRecord[]): readonly (readonly PackableRecord[])[] {
  const packer = createBatchPacker<PackableRecord>();
  return [...items.flatMap((item) => [...packer.add(item)]), ...packer.flush()];
}

const idsOf = (batch: readonly PackableRecord[]) => batch.map(({ spoolId }) => spoolId);

describe("packing", () => {
  test("fills a batch to its last byte, and puts one byte more into the next", () => {
    const room = 10_000_000 - measureFrame(3, 0);
    const record = (spoolId: number, sizeBytes: number): PackableRecord => ({
      spoolId,
      sizeBytes,
      group: "a",
    });
    const whole = [record(1, 1000), record(2, 1000), record(3, room - 2000), record(4, 2)];
    expect(packAll(whole).map(idsOf)).toEqual([[1, 2, 3], [4]]);
    const over = [record(1, 1000), record(2, 1000), record(3, room - 1999), record(4, 2)];
    expect(packAll(over).map(idsOf)).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test("never makes a batch of more than 100 records or 10,000,000 bytes, and never an empty one", () => {
    fc.assert(
      fc.property(records, (items) => {
        const unfit = packAll(items).filter((batch) => {
          const bytes = batch.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
          return batch.length === 0 || batch.length > 100 || measureFrame(batch.length, bytes) > 10_000_000;
        });
        expect(unfit).toEqual([]);
      }),
    );
  });

  test("puts every record into exactly one batch, keeps the order of a group, and mixes no groups", () => {
    fc.assert(
      fc.property(records, (items) => {
        const batches = packAll(items);
        for (const batch of batches) expect(new Set(batch.map(({ group }) => group)).size).toBe(1);
        for (const group of ["a", "b", "c"]) {
          const packed = batches.filter((batch) => batch[0]?.group === group).flatMap(idsOf);
          expect(packed).toEqual(idsOf(items.filter((item) => item.group === group)));
        }
      }),
    );
  });

  test("closes a batch only when the next record does not fit: no two successive batches could have been one", () => {
    fc.assert(
      fc.property(records, (items) => {
        const batches = packAll(items.map((item) => ({ ...item, group: "one" })));
        for (const [index, batch] of batches.entries()) {
          const next = batches[index + 1]?.[0];
          if (next === undefined || batch.length === 100) continue;
          const bytes = [...batch, next].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
          expect(measureFrame(batch.length + 1, bytes)).toBeGreaterThan(10_000_000);
        }
      }),
    );
  });

  test("gives a full batch at once, with its hundredth record", () => {
    const packer = createBatchPacker<PackableRecord>();
    const added = Array.from({ length: 100 }, (_, index) =>
      packer.add({ spoolId: index, sizeBytes: 10, group: "g" }),
    );
    expect(added.slice(0, 99).flat()).toEqual([]);
    expect(added[99]?.map((batch) => batch.length)).toEqual([100]);
    expect(packer.flush()).toEqual([]);
  });

  test("closes what is open oldest first, also where a batch of the same group was full before", () => {
    const packer = createBatchPacker<PackableRecord>();
    packer.add({ spoolId: 1, sizeBytes: 9_000_000, group: "a" });
    packer.add({ spoolId: 2, sizeBytes: 10, group: "b" });
    expect(packer.add({ spoolId: 3, sizeBytes: 9_000_000, group: "a" }).map(idsOf)).toEqual([[1]]);
    expect(packer.flush().map(idsOf)).toEqual([[2], [3]]);
  });

  test("starts new batches after a flush", () => {
    const packer = createBatchPacker<PackableRecord>();
    packer.add({ spoolId: 1, sizeBytes: 10, group: "a" });
    packer.flush();
    packer.add({ spoolId: 2, sizeBytes: 10, group: "a" });
    expect(packer.flush().map(idsOf)).toEqual([[2]]);
  });
});

describe("framing", () => {
  const bodies = fc.array(fc.json({ maxDepth: 2 }), { minLength: 1, maxLength: 100 });

  test("is valid JSON that holds the records in their order", () => {
    fc.assert(
      fc.property(bodies, (texts) => {
        const framed = frameRecords(texts.map((text) => Buffer.from(text)));
        expect(JSON.parse(framed.toString("utf8"))).toEqual(texts.map((text) => JSON.parse(text) as unknown));
      }),
    );
  });

  test("keeps every byte of every record, and has the measured length", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 30 }),
        (parts) => {
          const framed = frameRecords(parts);
          expect(framed).toHaveLength(
            measureFrame(
              parts.length,
              parts.reduce((sum, part) => sum + part.length, 0),
            ),
          );
          let offset = 2;
          for (const part of parts) {
            expect(framed.subarray(offset, offset + part.length).equals(part)).toBe(true);
            offset += part.length + 2;
          }
        },
      ),
    );
  });

  test("of no records is an empty array", () => {
    expect(JSON.parse(frameRecords([]).toString())).toEqual([]);
  });

  test("puts one record on a line and ends with a line end", () => {
    expect(frameRecords([Buffer.from('{"a":1}'), Buffer.from('{"b":2}')]).toString()).toBe(
      '[\n{"a":1},\n{"b":2}\n]\n',
    );
  });
});

test("the limits are the exercise's: 100 records, ten decimal megabytes", () => {
  expect([MAX_RECORDS_PER_BATCH, MAX_BYTES_PER_BATCH]).toEqual([100, 10_000_000]);
});

test("a record of the greatest permitted size fills an object to the last byte", () => {
  expect(MAX_RECORD_BYTES).toBe(LARGEST_RECORD_BYTES);
  expect(frameRecords([Buffer.alloc(MAX_RECORD_BYTES)])).toHaveLength(10_000_000);
});
