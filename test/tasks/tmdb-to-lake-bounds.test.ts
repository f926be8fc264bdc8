/** How much `fetchIds` may have on its way into a slow database. */
import { expect, test } from "vitest";
import type { RecordSink } from "../../lake/protocol/record-sink.ts";
import type { TaskPorts } from "../../model/ports/task-ports.ts";
import type { TaskContext } from "../../model/ports/task-type.ts";
import { fetchIds } from "../../tasks/tmdb-to-lake/fetch-ids.ts";
import { optionsSchema, type TmdbToLakeOptions } from "../../tasks/tmdb-to-lake/options.ts";
import { openTmdbSource } from "../../tasks/tmdb-to-lake/tmdb-source.ts";
import { silentLog } from "../support/test-world.ts";
import { makeIds, openTmdbWorld, WRITTEN } from "./tmdb-world.ts";
import { makePlan } from "../support/candidates.ts";

const CONCURRENCY = 8;
const QUIET_MS = 400;

/**
 * A sink that keeps everything it gets until nothing more has come for a while: only then has the fetching stopped by
 * itself.
 */
function createStubbornSink(): {
  readonly sink: Pick<RecordSink, "add" | "failed">;
  readonly most: { records: number; bytes: number };
} {
  const most = { records: 0, bytes: 0 };
  const held: (() => void)[] = [];
  let bytes = 0;
  let quiet: NodeJS.Timeout | undefined;
  return {
    most,
    sink: {
      failed: new AbortController().signal,
      add: (record) =>
        new Promise((resolve) => {
          held.push(resolve);
          bytes += record.body.byteLength;
          most.records = Math.max(most.records, held.length);
          most.bytes = Math.max(most.bytes, bytes);
          clearTimeout(quiet);
          quiet = setTimeout(() => {
            bytes = 0;
            for (const release of held.splice(0)) release();
          }, QUIET_MS);
        }),
    },
  };
}

test.each([
  ["256 answers", 700, 2_000, { records: 256 + CONCURRENCY, bytes: Infinity }],
  [
    "16 MiB of them",
    60,
    1_000_000,
    { records: Infinity, bytes: 16 * 1024 * 1024 + (CONCURRENCY + 1) * 1_100_000 },
  ],
])(
  "fetching waits for the database when %s are on their way into it",
  async (_case, count, bodySizeBytes, bound) => {
    const world = await openTmdbWorld({ bodySizeBytes, instant: true });
    const { sink, most } = createStubbornSink();
    const source = openTmdbSource(
      { baseUrl: world.tmdb.url, token: "simulator", apiKey: undefined, ratePerSecond: Infinity },
      { clock: world.clock, log: silentLog, random: () => 0 },
    );
    const client = await source.openClient();
    const context = {
      options: optionsSchema.parse({ ...WRITTEN, concurrency: CONCURRENCY }),
      state: world.ports,
      clock: world.clock,
      log: silentLog,
      signal: new AbortController().signal,
      wrapUp: new AbortController().signal,
      progress: () => undefined,
    } as unknown as TaskContext<TmdbToLakeOptions, TaskPorts>;
    const planned = makePlan(makeIds(count));
    await fetchIds({
      context,
      client,
      ask: { askId: 1, questionHash: "h" },
      sink: sink as RecordSink,
      planned,
      isStillPlanned: () => Promise.resolve(true),
    });
    client.close();
    expect(world.tmdb.requests).toBe(count);
    expect(most.records).toBeLessThanOrEqual(bound.records);
    expect(most.bytes).toBeLessThanOrEqual(bound.bytes);
  },
  60_000,
);
