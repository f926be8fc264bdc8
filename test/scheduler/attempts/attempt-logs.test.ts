/** The log files of attempts: their content, location and growth, and what happens if they cannot be written. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { Writable } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { createAttemptLogReader } from "../../../logs/attempt-log-reader.ts";
import { locateAttemptLog, pruneAttemptLogs } from "../../../logs/attempt-log-location.ts";
import { openAttemptLogs, type ClosableAttemptLogs } from "../../../logs/attempt-logs.ts";
import { createLogger } from "../../../logs/logger.ts";
import type { AttemptKey } from "../../../model/ports/attempt-logs.ts";
import type { Logger, LogLevel } from "../../../model/ports/logger.ts";
import { makeTempFolder } from "../../support/test-world.ts";

const SECRET = "s3cr3t/t+ken=";
const RUN_ID = "scheduled__2026-11-23T09:00:00.000Z";
const PART_BYTES = 10 * 1024 * 1024;

interface LogWorld {
  readonly folder: string;
  readonly logs: ClosableAttemptLogs;
  /** The process's log so far. */
  readonly processLines: () => readonly string[];
}

function openLogWorld(folder = join(makeTempFolder(), "logs"), level: LogLevel = "info"): LogWorld {
  const clock = { now: () => new Date("2026-11-23T09:00:00.123Z") };
  let text = "";
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  const log = createLogger({ level, format: "text", stream, secrets: [SECRET], clock });
  const logs = openAttemptLogs({ folder, log, clock, secrets: [SECRET] });
  onTestFinished(() => logs.close());
  return { folder, logs, processLines: () => text.split("\n").slice(0, -1) };
}

function makeKey(changes: Partial<AttemptKey> = {}): AttemptKey {
  return { dagId: "csv_ingest", runId: RUN_ID, taskId: "movies", attempt: 1, ...changes };
}

function locate(folder: string, key = makeKey()): string {
  return locateAttemptLog(folder, key) ?? "";
}

async function readLines(file: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of createAttemptLogReader(file).readNewLines()) lines.push(line);
  return lines;
}

/** Files below `path` that this process holds open. */
function listOpenFiles(path: string): readonly string[] {
  const targets = readdirSync("/proc/self/fd").flatMap((name) => {
    try {
      return [readlinkSync(`/proc/self/fd/${name}`)];
    } catch {
      return [];
    }
  });
  return targets.filter((target) => target.startsWith(path));
}

/** Lines of another source, until the file has no room for one more. */
function fill(file: string): void {
  const filler = `filler ${"x".repeat(1000)}\n`;
  const room = PART_BYTES - statSync(file).size;
  writeFileSync(file, filler.repeat(Math.floor(room / filler.length)), { flag: "a" });
  writeFileSync(file, `filler ${"x".repeat((room % filler.length) - 8)}\n`, { flag: "a" });
}

/** Waits until the process's log has a warning. */
async function untilWarned(processLines: () => readonly string[]): Promise<void> {
  while (!processLines().some((line) => line.includes(" WARN "))) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** One whole attempt. */
async function logAttempt(
  logs: ClosableAttemptLogs,
  say: (log: Logger) => void,
  key: AttemptKey = makeKey(),
): Promise<void> {
  const attempt = logs.open(key);
  say(attempt.log);
  await attempt.close();
}

/** The messages, without time and level. */
function readMessages(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.slice(31));
}

describe("an attempt's log", () => {
  test("goes to the process's log above its level, and completely to its own file", async () => {
    const { folder, logs, processLines } = openLogWorld();
    const say = (log: Logger): void => {
      log.debug("asked", { id: "tt0000001" });
      log.with({ part: 7 }).info("stored", { key: "Raw/a.json", note: "two words" });
    };
    await logAttempt(logs, say, makeKey({ attempt: 2 }));
    const file = join(folder, "csv_ingest", "scheduled__2026-11-23T09-00-00.000Z", "movies", "2.log");
    expect(readFileSync(file, "utf8")).toBe(
      "2026-11-23T09:00:00.123Z DEBUG asked id=tt0000001\n" +
        '2026-11-23T09:00:00.123Z INFO  stored part=7 key=Raw/a.json note="two words"\n',
    );
    expect(processLines()).toEqual([
      `2026-11-23T09:00:00.123Z INFO  stored dag=csv_ingest run=${RUN_ID} task=movies attempt=2 part=7 key=Raw/a.json note="two words"`,
    ]);
  });

  test("contains no secret and no control character from any place", async () => {
    const { folder, logs } = openLogWorld();
    await logAttempt(logs, (log) => {
      log.with({ bound: SECRET }).error(`message ${SECRET}\u001b[2J`, {
        url: `https://x/?k=${encodeURIComponent(SECRET)}`,
        error: Object.assign(new Error(`failed ${SECRET}`), { config: { token: SECRET } }),
        [SECRET]: { deep: [SECRET] },
      });
    });
    const text = readFileSync(locate(folder), "utf8");
    expect(text).not.toContain("s3cr3t");
    expect(text).not.toContain("\u001b");
    // Bound, message, url, error, its stack, name, deep.
    expect(text.match(/\[redacted\]/g)).toHaveLength(7);
  });

  test("keeps the lines of attempts at the same time apart", async () => {
    const { folder, logs } = openLogWorld();
    const keys = ["movies", "series"].map((taskId) => makeKey({ taskId }));
    const attempts = keys.map((key) => logs.open(key));
    for (let index = 0; index < 100; index += 1) {
      for (const [at, { log }] of attempts.entries()) log.info(`line ${index} of ${at}`);
    }
    await Promise.all(attempts.map((attempt) => attempt.close()));
    for (const [at, key] of keys.entries()) {
      expect(readMessages(await readLines(locate(folder, key)))).toEqual(
        Array.from({ length: 100 }, (_, index) => `line ${index} of ${at}`),
      );
    }
  });

  test("without lines opens no file and creates no folder", async () => {
    const { folder, logs } = openLogWorld();
    const silent = Array.from({ length: 40 }, (_, index) => logs.open(makeKey({ attempt: index + 1 })));
    await Promise.all(silent.map((attempt) => attempt.close()));
    expect(existsSync(folder)).toBe(false);
  });

  test("is complete when everything is closed at once, and leaves no file open", async () => {
    const { folder, logs } = openLogWorld();
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      const { log } = logs.open(makeKey({ attempt }));
      for (let index = 0; index < 1000; index += 1) log.debug(`line ${index}`);
    }
    await logs.close();
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      expect(await readLines(locate(folder, makeKey({ attempt })))).toHaveLength(1000);
    }
    expect(listOpenFiles(folder)).toEqual([]);
  });

  test("takes no line after its end; the process's log still does", async () => {
    const { folder, logs, processLines } = openLogWorld();
    const attempt = logs.open(makeKey());
    attempt.log.info("in time");
    await attempt.close();
    attempt.log.info("late");
    await attempt.close();
    expect(readMessages(await readLines(locate(folder)))).toEqual(["in time"]);
    expect(processLines()).toHaveLength(2);
    expect(listOpenFiles(folder)).toEqual([]);
  });

  test("of the same name continues where the other one ended", async () => {
    const folder = join(makeTempFolder(), "logs");
    for (const word of ["one", "two"]) await logAttempt(openLogWorld(folder).logs, (log) => log.info(word));
    expect(readMessages(await readLines(locate(folder)))).toEqual(["one", "two"]);
  });
});

describe("a chatty task", () => {
  test("gets a new file at 10 MiB, and three older ones are kept", async () => {
    const { folder, logs } = openLogWorld();
    const file = locate(folder);
    for (let round = 0; round < 6; round += 1) {
      await logAttempt(logs, (log) => log.debug(`begin ${round}`));
      fill(file);
      await logAttempt(logs, (log) => log.debug(`full ${round}`));
    }
    const names = readdirSync(dirname(file)).toSorted();
    expect(names).toEqual(["1.log", "1.log.1", "1.log.2", "1.log.3"]);
    for (const name of names) {
      expect(statSync(join(dirname(file), name)).size, name).toBeLessThanOrEqual(PART_BYTES);
    }
    const said = (await readLines(file)).filter((line) => !line.startsWith("filler"));
    expect(readMessages(said)).toEqual(
      // The line that found the file full is first in the next one.
      ["full 2", "begin 3", "full 3", "begin 4", "full 4", "begin 5", "full 5"],
    );
  });

  test("that is faster than the disk loses lines, and the log says how many", async () => {
    const { folder, logs } = openLogWorld();
    await logAttempt(logs, (log) => {
      // Without a pause: nothing can be written meanwhile.
      for (let index = 0; index < 8000; index += 1) log.debug("x".repeat(1000));
    });
    const lines = await readLines(locate(folder));
    const gap = lines.find((line) => line.startsWith("("));
    const leftOut = Number(/^\((\d+) lines are left out here/.exec(gap ?? "")?.[1]);
    expect(leftOut).toBeGreaterThan(3000);
    expect(leftOut + lines.length - 1).toBe(8000);
  });

  test("writes no line that is longer than a file", async () => {
    const { folder, logs } = openLogWorld();
    await logAttempt(logs, (log) => log.info("y".repeat(PART_BYTES + 1)));
    expect(statSync(locate(folder)).size).toBeLessThan(20_000);
  });
});

describe("if a file cannot be written", () => {
  test("the task continues, and the process's log says so once", async () => {
    const folder = join(makeTempFolder(), "logs");
    writeFileSync(folder, "a file where the folder should be");
    const { logs, processLines } = openLogWorld(folder);
    const say = (log: Logger): void => {
      log.info("one");
      log.info("two");
    };
    for (let attempt = 1; attempt <= 3; attempt += 1) await logAttempt(logs, say, makeKey({ attempt }));
    const lines = processLines();
    const warnings = lines.filter((text) => text.includes(" WARN "));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`${locate(folder)} cannot be written (ENOTDIR)`);
    expect(lines.filter((text) => text.includes(" INFO "))).toHaveLength(6);
  });

  test("a disk that fills up ends the file and nothing else", async () => {
    const { folder, logs, processLines } = openLogWorld();
    const file = locate(folder);
    mkdirSync(dirname(file), { recursive: true });
    // It opens, and every write to it fails with ENOSPC.
    symlinkSync("/dev/full", file);
    const attempt = logs.open(makeKey());
    attempt.log.info("one");
    await untilWarned(processLines);
    attempt.log.info("two");
    await attempt.close();
    expect(processLines().map((text) => text.slice(25, 29))).toEqual(["INFO", "WARN", "INFO"]);
    expect(processLines()[1]).toContain("(ENOSPC)");
    expect(listOpenFiles("/dev/full")).toEqual([]);
  });

  test("it is reported again after a time in which it could be written", async () => {
    const folder = join(makeTempFolder(), "logs");
    const { logs, processLines } = openLogWorld(folder);
    for (const [attempt, isBroken] of [true, false, true].entries()) {
      rmSync(folder, { recursive: true, force: true });
      if (isBroken) writeFileSync(folder, "");
      await logAttempt(logs, (log) => log.debug("x"), makeKey({ attempt: attempt + 1 }));
    }
    expect(processLines().map((text) => text.slice(25, 29))).toEqual(["WARN", "WARN"]);
  });

  test("an attempt whose ids are not valid file names has none", async () => {
    const { folder, logs, processLines } = openLogWorld();
    await logAttempt(logs, (log) => log.info("heard"), makeKey({ taskId: "../../outside" }));
    expect(existsSync(folder)).toBe(false);
    expect(processLines().map((text) => text.slice(25, 29))).toEqual(["WARN", "INFO"]);
  });
});

test.each<Partial<AttemptKey>>([
  { dagId: ".." },
  { dagId: "" },
  { dagId: "a/b" },
  { dagId: "a\u0000b" },
  { runId: "../../etc" },
  { runId: "scheduled__2026-11-23T09:00:00.000Z/../.." },
  { runId: "scheduled__..Z" },
  { runId: "" },
  { taskId: "." },
  { taskId: "a\\..\\b" },
  { taskId: "movies\n" },
  { attempt: 0 },
  { attempt: -1 },
  { attempt: 1.5 },
  { attempt: Number.NaN },
])("a key such as %j has no file", (changes) => {
  expect(locateAttemptLog("/logs", makeKey())).toBe(
    "/logs/csv_ingest/scheduled__2026-11-23T09-00-00.000Z/movies/1.log",
  );
  expect(locateAttemptLog("/logs", makeKey(changes))).toBeUndefined();
});

describe("a reader", () => {
  test("returns each line once while the file grows and is replaced", async () => {
    const { folder, logs } = openLogWorld();
    const reader = createAttemptLogReader(locate(folder));
    const seen: string[] = [];
    const look = async (): Promise<void> => {
      for await (const line of reader.readNewLines()) if (!line.startsWith("filler")) seen.push(line);
    };
    await look();
    expect(reader.isFound).toBe(false);
    for (let round = 0; round < 8; round += 1) {
      await logAttempt(logs, (log) => log.debug(`begin ${round}`));
      // In some rounds the reader looks before the file is full, in others the file is replaced twice in between.
      if (round % 3 === 0) await look();
      fill(locate(folder));
    }
    await look();
    expect(reader.isFound).toBe(true);
    expect(readMessages(seen)).toEqual(Array.from({ length: 8 }, (_, round) => `begin ${round}`));
    expect(listOpenFiles(folder)).toEqual([]);
  });

  test("holds back a line until it is complete", async () => {
    const file = join(makeTempFolder(), "1.log");
    const reader = createAttemptLogReader(file);
    const look = async (): Promise<readonly string[]> => {
      const lines: string[] = [];
      for await (const line of reader.readNewLines()) lines.push(line);
      return lines;
    };
    const bytes = Buffer.from("eins\nzwölf\n");
    const cut = bytes.indexOf(0xb6);
    writeFileSync(file, bytes.subarray(0, cut));
    expect(await look()).toEqual(["eins"]);
    writeFileSync(file, bytes.subarray(cut), { flag: "a" });
    expect(await look()).toEqual(["zwölf"]);
    writeFileSync(file, "torn", { flag: "a" });
    expect(await look()).toEqual([]);
    expect(reader.rest).toBe("torn");
  });
});

describe("pruning", () => {
  const OLD = new Date("2026-01-01T00:00:00Z");
  const LIMIT = new Date("2026-06-01T00:00:00Z");

  function makeRun(folder: string, dag: string, run: string, files: Readonly<Record<string, Date>>): string {
    const place = join(folder, dag, run);
    for (const [name, at] of Object.entries(files)) {
      const file = join(place, "movies", name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, "x\n");
      utimesSync(file, at, at);
    }
    utimesSync(join(place, "movies"), OLD, OLD);
    utimesSync(place, OLD, OLD);
    return place;
  }

  test("removes runs in which nothing was written since, and then empty folders of Dags", async () => {
    const folder = makeTempFolder();
    const old = makeRun(folder, "a", "manual__2026-01-01T00-00-00.000Z", { "1.log": OLD, "1.log.1": OLD });
    makeRun(folder, "b", "manual__2026-01-01T00-00-00.000Z", { "1.log": OLD });
    const resumed = makeRun(folder, "a", "manual__2026-01-02T00-00-00.000Z", {
      "1.log": OLD,
      "2.log": LIMIT,
    });
    expect(await pruneAttemptLogs(folder, LIMIT)).toBe(2);
    expect([existsSync(old), existsSync(resumed), existsSync(join(folder, "b"))]).toEqual([
      false,
      true,
      false,
    ]);
    expect(await pruneAttemptLogs(folder, LIMIT)).toBe(0);
  });

  test("touches nothing that is not named like a run, and follows no link", async () => {
    const folder = makeTempFolder();
    const outside = makeTempFolder();
    const run = "manual__2026-01-01T00-00-00.000Z";
    const precious = [
      makeRun(folder, "Photos", run, { "1.jpg": OLD }),
      makeRun(folder, "a", "holiday", { "1.jpg": OLD }),
      makeRun(outside, "b", run, { "1.jpg": OLD }),
    ];
    symlinkSync(join(outside, "b"), join(folder, "b"));
    symlinkSync(join(outside, "b", run), join(folder, "a", run));
    expect(await pruneAttemptLogs(folder, LIMIT)).toBe(0);
    expect(precious.map((place) => existsSync(join(place, "movies", "1.jpg")))).toEqual([true, true, true]);
  });

  test("of a folder that is not there does nothing", async () => {
    expect(await pruneAttemptLogs(join(makeTempFolder(), "none"), LIMIT)).toBe(0);
  });
});
