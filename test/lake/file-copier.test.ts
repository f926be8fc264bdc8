/** Bytes are copied in order through buffers that serve one copy after the other, whatever fails on the way. */
import { open, type FileHandle } from "node:fs/promises";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FileCopier } from "../../lake/folder/file-copier.ts";
import { makeScratch, type Scratch } from "./lake-tools.ts";

const BYTES = Buffer.from(
  Array.from({ length: 1_000_003 }, (_, index) => (index * 31 + (index >> 8)) & 0xff),
);

let scratch: Scratch;
let copier: FileCopier;
beforeEach(async () => {
  scratch = await makeScratch();
  copier = new FileCopier();
});
afterEach(() => scratch.remove());

/** Gives `BYTES` in pieces of at most so many. */
function readPieces(most: number): (buffer: Buffer) => Promise<number> {
  let given = 0;
  return async (buffer) => {
    const copied = BYTES.copy(buffer, 0, given, given + most);
    given += copied;
    return await Promise.resolve(copied);
  };
}

async function copyTo(
  name: string,
  read: (buffer: Buffer) => Promise<number>,
  target: FileHandle,
  signal?: AbortSignal,
): Promise<{ readonly bytes: Buffer; readonly told: readonly number[] }> {
  const told: number[] = [];
  try {
    const onRead = (readBytes: number): void => void told.push(readBytes);
    await copier.copy({ sizeBytes: BYTES.length, target, read, signal, onRead });
  } finally {
    await target.close();
  }
  return { bytes: readFileSync(join(scratch.path, name)), told };
}

const create = (name: string): Promise<FileHandle> => open(join(scratch.path, name), "wx");

test.each([1_000, 65_536, 1_000_003])("pieces of %i bytes, twice through the same buffers", async (most) => {
  for (const name of ["one", "two"]) {
    const { bytes, told } = await copyTo(name, readPieces(most), await create(name));
    expect(bytes.equals(BYTES)).toBe(true);
    expect(told.at(-1)).toBe(BYTES.length);
    expect(told[0]).toBeLessThanOrEqual(most);
  }
});

test("a source that ends early gives what it had", async () => {
  const whole = readPieces(100_000);
  let left = 5;
  const { bytes } = await copyTo(
    "short",
    async (buffer) => (left-- > 0 ? await whole(buffer) : 0),
    await create("short"),
  );
  expect(bytes.equals(BYTES.subarray(0, 500_000))).toBe(true);
});

test("a fault of the source or of the target is raised, and the next copy is whole", async () => {
  const whole = readPieces(100_000);
  let left = 3;
  const failing = async (buffer: Buffer): Promise<number> => {
    if (left-- === 0) throw new Error("the source is broken");
    return await whole(buffer);
  };
  await expect(copyTo("source", failing, await create("source"))).rejects.toThrow("the source is broken");
  expect(readFileSync(join(scratch.path, "source"))).toHaveLength(300_000);

  writeFileSync(join(scratch.path, "read only"), "");
  const readOnly = await open(join(scratch.path, "read only"), "r");
  await expect(copyTo("read only", readPieces(100_000), readOnly)).rejects.toMatchObject({ code: "EBADF" });

  const { bytes } = await copyTo("after", readPieces(70_000), await create("after"));
  expect(bytes.equals(BYTES)).toBe(true);
});

test("an abort ends it at the next piece", async () => {
  const cancel = new AbortController();
  const whole = readPieces(100_000);
  let pieces = 0;
  const read = async (buffer: Buffer): Promise<number> => {
    pieces += 1;
    if (pieces === 2) cancel.abort(new Error("cancelled"));
    return await whole(buffer);
  };
  const copying = copyTo("aborted", read, await create("aborted"), cancel.signal);
  await expect(copying).rejects.toThrow("cancelled");
  expect(pieces).toBe(2);
});
