/** When the Dag folder is read again: once it has changed, every five seconds, or at once for a question about an instant. */
import { expect, onTestFinished, test } from "vitest";
import { setImmediate as yieldToEvents } from "node:timers/promises";
import type { SourceFolder } from "../../../model/ports/dag-source.ts";
import { startDagReader } from "../../../scheduler/runs/dag-reader.ts";
import { createWakeSignal } from "../../../scheduler/waking/wake-signal.ts";
import { createHandClock } from "../../support/hand-clock.ts";
import { makeKeptLogger } from "../../lake/lake-tools.ts";

async function openReader() {
  const clock = createHandClock();
  const log = makeKeptLogger();
  const wakeSignal = createWakeSignal();
  const folder = { stamp: "1", loads: 0, looks: 0, fault: undefined as Error | undefined };
  let wakes = 0;
  const source = {
    stamp: () => {
      folder.looks += 1;
      return folder.fault === undefined ? Promise.resolve(folder.stamp) : Promise.reject(folder.fault);
    },
    load: (): Promise<SourceFolder> => {
      folder.loads += 1;
      return Promise.resolve({ dags: new Map(), broken: new Map() });
    },
  };
  const stopping = new AbortController();
  const counted = { ...wakeSignal, raise: () => void (wakes += 1) };
  const reader = await startDagReader(source, { clock, log, wakeSignal: counted }, stopping.signal);
  onTestFinished(async () => {
    stopping.abort();
    await reader.stopped;
  });
  return { clock, log, folder, reader, stopping, wakes: () => wakes };
}

test("a folder that has not changed is not loaded again, and one that has wakes the loop", async () => {
  const { clock, folder, reader, wakes } = await openReader();
  const first = reader.fresh;
  expect(first).not.toBeNull();
  reader.markTaken({ dags: new Map(), broken: new Map() });
  expect(reader.fresh).toBe(first);
  if (first !== null) reader.markTaken(first);
  expect(reader.fresh).toBeNull();
  await clock.advance(4_999);
  expect(folder).toMatchObject({ looks: 1, loads: 1 });
  await clock.advance(1);
  expect(folder).toMatchObject({ looks: 2, loads: 1 });
  expect([reader.fresh, wakes()]).toEqual([null, 0]);
  folder.stamp = "2";
  await clock.advance(5_000);
  expect(folder).toMatchObject({ looks: 3, loads: 2 });
  expect(reader.fresh).not.toBeNull();
  expect(wakes()).toBe(1);
  await clock.advance(5_000);
  expect(folder).toMatchObject({ looks: 4, loads: 2 });
});

test("a folder that cannot be read is reported once for each reason, and again after it could be read", async () => {
  const { clock, folder, log, reader } = await openReader();
  const lines = () => log.lines.map(({ level, message }) => `${level} ${message}`);
  const denied = "error The Dag folder could not be read; the Dags stay as they are. EACCES";
  folder.fault = new Error("EACCES");
  await clock.advance(5_000);
  await clock.advance(5_000);
  expect(lines()).toEqual([denied]);
  folder.fault = new Error("ENOENT");
  await clock.advance(5_000);
  expect(lines()).toEqual([denied, denied.replace("EACCES", "ENOENT")]);
  folder.fault = undefined;
  await clock.advance(5_000);
  folder.fault = new Error("ENOENT");
  await clock.advance(5_000);
  expect(lines()).toHaveLength(3);
  expect(reader.fresh).not.toBeNull();
});

test("a question about an instant is answered once a look has begun after it", async () => {
  const { clock, folder, reader, wakes } = await openReader();
  const asked = clock.now().toISOString();
  await clock.advance(1);
  expect(reader.hasReadSince(asked)).toBe(false);
  expect(reader.hasReadSince(asked)).toBe(false);
  await yieldToEvents();
  // One look for both questions.
  expect(folder.looks).toBe(2);
  expect(wakes()).toBe(1);
  expect(reader.hasReadSince(asked)).toBe(true);
  expect(folder.looks).toBe(2);
});

test("an instant of a clock that is ahead counts from the first question about it", async () => {
  const { clock, reader } = await openReader();
  const ahead = new Date(clock.now().getTime() + 3_600_000).toISOString();
  expect(reader.hasReadSince(ahead)).toBe(false);
  await yieldToEvents();
  expect(reader.hasReadSince(ahead)).toBe(false);
  await clock.advance(1);
  expect(reader.hasReadSince(ahead)).toBe(false);
  await yieldToEvents();
  expect(reader.hasReadSince(ahead)).toBe(true);
});

test("after the stop nothing is read for a question", async () => {
  const { clock, folder, reader, stopping } = await openReader();
  stopping.abort();
  await reader.stopped;
  const asked = clock.now().toISOString();
  await clock.advance(1);
  expect(reader.hasReadSince(asked)).toBe(false);
  await yieldToEvents();
  expect(folder.looks).toBe(1);
});
