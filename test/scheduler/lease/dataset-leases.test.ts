/** The lease of a dataset's records, on a folder's notes and a clock moved by hand: who waits, for how long, and who stops. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFolderNotes } from "../../../lake/folder/folder-notes.ts";
import type { LakeNotes } from "../../../lake/lake-notes.ts";
import { LakeError, TaskReschedule } from "../../../model/errors.ts";
import type { DatasetLease } from "../../../model/ports/dataset-leases.ts";
import { createDatasetLeases, findDatasetHolder } from "../../../scheduler/lease/dataset-leases.ts";
import { identifyProcess, type ProcessIdentity } from "../../../scheduler/lease/process-identity.ts";
import { makeKeptLogger, type KeptLogger } from "../../lake/lake-tools.ts";
import { createHandClock, type HandClock } from "../../support/hand-clock.ts";
import { makeTempFolder } from "../../support/test-world.ts";

const NAME = "leases/tmdb_movies.lease";
const ELSEWHERE: ProcessIdentity = { pid: 7, host: "elsewhere", processStarted: "unknown" };

let notes: LakeNotes;
let clock: HandClock;
let log: KeptLogger;
let held: DatasetLease[];
beforeEach(() => {
  notes = createFolderNotes(join(makeTempFolder(), "lake"));
  clock = createHandClock();
  log = makeKeptLogger();
  held = [];
});
afterEach(async () => {
  for (const lease of held) await lease.release();
});

async function take(from: LakeNotes = notes, dataset = "tmdb_movies"): Promise<DatasetLease> {
  const leases = createDatasetLeases({ notes: from, clock });
  const run = { dagId: "tmdb_ingest", runId: "manual__2026-11-23", timezone: "America/Sao_Paulo" };
  const lease = await leases.take(dataset, { run, log, signal: new AbortController().signal });
  held.push(lease);
  return lease;
}

/** As another Dagmar writes it. */
async function holdAs(process: ProcessIdentity, forMs: number, more: object = {}): Promise<void> {
  const now = clock.now().getTime();
  const lease = {
    id: "another",
    holder: { dataset: "tmdb_movies", dag: "films", run: "scheduled__1" },
    since: new Date(now).toISOString(),
    until: new Date(now + forMs).toISOString(),
    is_released: false,
    process,
    ...more,
  };
  const standing = await notes.read(NAME);
  await notes.write(NAME, Buffer.from(JSON.stringify(lease)), standing?.version ?? null);
}

async function readHolder(): Promise<unknown> {
  return (JSON.parse(String((await notes.read(NAME))?.body)) as { readonly holder: unknown }).holder;
}

async function readUntil(): Promise<string> {
  const text = JSON.parse(String((await notes.read(NAME))?.body)) as { readonly until: string };
  return text.until;
}

/** What this process has written, as if another one had written it. */
async function moveElsewhere(): Promise<void> {
  const standing = await notes.read(NAME);
  const lease = JSON.parse(String(standing?.body)) as object;
  await notes.write(
    NAME,
    Buffer.from(JSON.stringify({ ...lease, process: ELSEWHERE })),
    standing?.version ?? null,
  );
}

async function refusal(from?: LakeNotes): Promise<unknown> {
  return await take(from).then(
    () => "taken",
    (error: unknown) => error,
  );
}

describe("a lease that another process holds", () => {
  test("is refused with who holds it, and the task looks again in 15 seconds", async () => {
    await holdAs(ELSEWHERE, 60_000);
    const error = await refusal();
    expect(error).toBeInstanceOf(TaskReschedule);
    expect(error).toMatchObject({ code: "DATASET_BUSY", afterSeconds: 15 });
    expect(String(error)).toContain(
      "films/scheduled__1 (pid 7 on elsewhere, since 2026-11-23 06:00:00 -03:00)",
    );
    expect(await findDatasetHolder({ notes, clock }, "tmdb_movies")).toMatchObject({ pid: 7 });
  });

  test("is free when its time is over, and not a moment before", async () => {
    await holdAs(ELSEWHERE, 60_000);
    await clock.advance(59_999);
    expect(await refusal()).toBeInstanceOf(TaskReschedule);
    await clock.advance(1);
    expect(await refusal()).toBe("taken");
  });

  test("is of no effect on another dataset", async () => {
    await holdAs(ELSEWHERE, 60_000);
    expect((await take(notes, "tmdb_series")).lost.aborted).toBe(false);
  });

  test("is free at once if it was given back", async () => {
    await holdAs(ELSEWHERE, 60_000, { is_released: true });
    expect(await refusal()).toBe("taken");
  });

  test.each(["no lease", "{}", '{"id": 1}', "null"])("holds nothing if its text is %s", async (text) => {
    await notes.write(NAME, Buffer.from(text), null);
    expect(await findDatasetHolder({ notes, clock }, "tmdb_movies")).toBeUndefined();
    expect(await refusal()).toBe("taken");
  });

  test.each([
    { id: 7 },
    { since: null },
    { until: 7 },
    { holder: "films" },
    { holder: null },
    { process: undefined },
    { process: { ...ELSEWHERE, pid: "7" } },
    { process: { ...ELSEWHERE, host: 7 } },
    { process: { ...ELSEWHERE, host: hostname(), processStarted: 7 } },
  ])("holds nothing if its text is a lease with %o", async (field) => {
    await holdAs(ELSEWHERE, 60_000, field);
    expect(await refusal()).toBe("taken");
  });

  const own = identifyProcess();
  const [boot = ""] = own.processStarted.split("/");
  test.each([
    ["another host", { ...own, host: "elsewhere" }],
    ["another container with the same host name", { ...own, processStarted: `${boot}/1,1/1` }],
  ])("is not taken for this process's own because a process on %s has its pid", async (_, process) => {
    await holdAs(process, 60_000);
    expect(await refusal()).toBeInstanceOf(TaskReschedule);
  });

  test("is free at once if its process was seen here and is dead", async () => {
    const child: ChildProcess = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    const place = identifyProcess().processStarted.split("/").slice(0, -1).join("/");
    await once(child, "spawn");
    const pid = child.pid ?? 0;
    const started = await readStarted(pid);
    await holdAs({ pid, host: hostname(), processStarted: `${place}/${started}` }, 60_000);
    expect(await refusal()).toBeInstanceOf(TaskReschedule);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await refusal()).toBe("taken");
  });
});

describe("a lease that this process holds", () => {
  test("keeps every other process away, from its taking on and after its renewal", async () => {
    await take();
    await moveElsewhere();
    expect(await refusal()).toBeInstanceOf(TaskReschedule);
    await clock.untilSleeping(20_000, 20_000);
    await clock.advance(20_000);
    await clock.untilSleeping(20_000, 20_000);
    await moveElsewhere();
    await clock.advance(19_000);
    expect(await refusal()).toBeInstanceOf(TaskReschedule);
  });

  test("names the dataset and the run that took it", async () => {
    await take();
    const holder = { dataset: "tmdb_movies", dag: "tmdb_ingest", run: "manual__2026-11-23" };
    expect(await readHolder()).toEqual(holder);
  });

  test("is renewed with one request each time", async () => {
    let reads = 0;
    const counted: LakeNotes = {
      ...notes,
      read: (...args) => {
        reads += 1;
        return notes.read(...args);
      },
    };
    await take(counted);
    for (let round = 0; round < 3; round += 1) {
      await clock.untilSleeping(20_000, 20_000);
      await clock.advance(20_000);
    }
    await clock.untilSleeping(20_000, 20_000);
    expect(reads).toBe(1);
  });

  test("is lost when another program has overwritten it", async () => {
    const lease = await take();
    await notes.write(NAME, Buffer.from("no lease"), (await notes.read(NAME))?.version ?? null);
    await clock.untilSleeping(20_000, 20_000);
    const lost = once(lease.lost, "abort");
    await clock.advance(20_000);
    await lost;
    expect(lease.lost.reason).toMatchObject({ code: "DATASET_BUSY" });
    expect(String(lease.lost.reason)).toContain("another process has taken its lease over");
  });

  test("is renewed every 20 seconds, for a minute each time", async () => {
    await take();
    for (let minute = 0; minute < 9; minute += 1) {
      await clock.untilSleeping(20_000, 20_000);
      await clock.advance(20_000);
    }
    await clock.untilSleeping(20_000, 20_000);
    expect(Date.parse(await readUntil()) - clock.now().getTime()).toBe(60_000);
  });

  test("is lost when another process has taken it over: the attempt learns it within 20 seconds", async () => {
    const lease = await take();
    await holdAs(ELSEWHERE, 60_000);
    await clock.untilSleeping(20_000, 20_000);
    const lost = once(lease.lost, "abort");
    await clock.advance(20_000);
    await lost;
    expect(lease.lost.reason).toMatchObject({ code: "DATASET_BUSY" });
    // What the other holds stays.
    await lease.release();
    expect(String((await notes.read(NAME))?.body)).toContain("elsewhere");
  });

  test("that cannot be renewed ends ten seconds before others may take it", async () => {
    let isBroken = false;
    const broken: LakeNotes = {
      ...notes,
      write: (...args) =>
        isBroken
          ? Promise.reject(new LakeError("LAKE_UNAVAILABLE", "the store is silent", true))
          : notes.write(...args),
    };
    const lease = await take(broken);
    isBroken = true;
    const until = Date.parse(await readUntil());
    while (!lease.lost.aborted) {
      await clock.untilSleeping(1, 20_000);
      await clock.advance(1_000);
    }
    expect(until - clock.now().getTime()).toBe(10_000);
    expect(log.lines.map(({ message }) => message)).toContain(
      "The lease on tmdb_movies could not be renewed: the store is silent",
    );
  });

  test("survives a renewal whose answer was lost", async () => {
    let isLossy = false;
    const lossy: LakeNotes = {
      ...notes,
      async write(...args) {
        const version = await notes.write(...args);
        if (!isLossy) return version;
        isLossy = false;
        throw new LakeError("LAKE_UNAVAILABLE", "no answer", true);
      },
    };
    const lease = await take(lossy);
    isLossy = true;
    for (let round = 0; round < 3; round += 1) {
      await clock.untilSleeping(20_000, 20_000);
      await clock.advance(20_000);
    }
    expect(lease.lost.aborted).toBe(false);
    await lease.release();
    expect(await refusal()).toBe("taken");
  });

  test("is given back: a process elsewhere finds it free", async () => {
    await (await take()).release();
    expect(String((await notes.read(NAME))?.body)).toContain('"is_released": true');
  });
});

test("a lease that was never written is held by no process", async () => {
  expect(await findDatasetHolder({ notes, clock }, "tmdb_movies")).toBeUndefined();
});

test("a store that does not answer is no reason to ask without a lease", async () => {
  const read = () => Promise.reject(new LakeError("LAKE_UNAVAILABLE", "the store is silent", true));
  const silent: LakeNotes = { ...notes, read };
  expect(await refusal(silent)).toMatchObject({ code: "LAKE_UNAVAILABLE" });
  await expect(findDatasetHolder({ notes: silent, clock }, "tmdb_movies")).rejects.toMatchObject({
    code: "LAKE_UNAVAILABLE",
  });
});

test("without the permission to keep leases the work continues, with a warning", async () => {
  const denied: LakeNotes = {
    ...notes,
    read: () => Promise.reject(new LakeError("LAKE_DENIED", "403 for s3:GetObject", false)),
  };
  const lease = await take(denied);
  expect(lease.lost.aborted).toBe(false);
  expect(log.lines).toHaveLength(1);
  expect(log.lines[0]?.message).toMatch(/^Nothing keeps another Dagmar .* 403 for s3:GetObject/);
  expect(await findDatasetHolder({ notes: denied, clock }, "tmdb_movies")).toBeUndefined();
});

/** Field 22 of /proc/PID/stat (proc(5)). */
async function readStarted(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
