/** Signals that arrive while the program is still loaded have the same effect as later, and nothing begins. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import BetterSqlite3 from "better-sqlite3";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openCliWorld, waitUntil, type CliProcess, type CliWorld } from "../support/cli.ts";

vi.setConfig({ testTimeout: 120_000 });

let world: CliWorld;

beforeAll(() => {
  world = openCliWorld({ DAGMAR_HTTP: "off" });
  writeFileSync(
    join(world.dagsFolder, "words.yaml"),
    'dag: words\nschedule: manual\ntasks:\n  a: { type: shell, with: { script: "touch begun" } }\n',
  );
});
afterAll(() => world.remove());
beforeEach(() => {
  for (const end of ["", "-wal", "-shm"]) rmSync(`${world.databaseFile}${end}`, { force: true });
});

const RUN = ["run", "words"];
const SCHEDULER = ["scheduler"];
const isLinux = process.platform === "linux";

/** Whether the process handles SIGUSR2, which Node by itself does not: main.ts installs that handler last. */
function isReceiving({ child }: CliProcess): boolean {
  const [, mask = "0"] =
    /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8")) ?? [];
  return ((BigInt(`0x${mask}`) >> 11n) & 1n) === 1n;
}

/** Of a database that may not be there yet. */
function readDatabase(databaseFile: string) {
  const nothing = { runs: [] as readonly string[], leases: 0 };
  if (!existsSync(databaseFile)) return nothing;
  const database = new BetterSqlite3(databaseFile, { readonly: true });
  try {
    if (database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'lease'").get() === undefined)
      return nothing;
    return {
      runs: database.prepare("SELECT state FROM dag_runs").pluck().all() as readonly string[],
      leases: database.prepare("SELECT 1 FROM lease WHERE expires_at IS NOT NULL").all().length,
    };
  } finally {
    database.close();
  }
}

function expectNothingBegun(): void {
  expect(existsSync(join(world.folder, "begun"))).toBe(false);
  expect(readDatabase(world.databaseFile)).toEqual({ runs: [], leases: 0 });
}

describe.runIf(isLinux)("while the program is loaded", () => {
  const open = (): void => writeFileSync(join(world.folder, "open"), "");

  // The first chunk that the process loads waits for a file.
  beforeAll(() => {
    const main = readFileSync(world.cliPath, "utf8");
    const [, name = ""] = /"\.\.\/chunks\/([^"]+)\.js"/.exec(main) ?? [];
    const chunk = join(world.cliPath, `../../chunks/${name}`);
    renameSync(`${chunk}.js`, `${chunk}.loaded.js`);
    writeFileSync(
      `${chunk}.js`,
      `import { existsSync } from "node:fs";
       export * from "./${name}.loaded.js";
       while (!existsSync(${JSON.stringify(join(world.folder, "open"))})) await new Promise((next) => setTimeout(next, 5));`,
    );
    return () => renameSync(`${chunk}.loaded.js`, `${chunk}.js`);
  });
  beforeEach(() => rmSync(join(world.folder, "open"), { force: true }));

  async function startLoading(args: readonly string[]): Promise<CliProcess> {
    const running = world.start(args);
    await waitUntil(running, () => isReceiving(running));
    return running;
  }

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s drains run and scheduler", async (signal) => {
    for (const [args, status] of [
      [RUN, 75],
      [SCHEDULER, 0],
    ] as const) {
      const running = await startLoading(args);
      running.child.kill(signal);
      await delay(20);
      open();
      const { exitCode, stderr } = await running.ended;
      expect(exitCode, stderr).toBe(status);
      expect(stderr).toContain(`${signal}: stopping at the next safe point; a second signal stops at once`);
      expectNothingBegun();
      rmSync(join(world.folder, "open"));
    }
  });

  test.each([
    ["SIGINT", "SIGINT", 130],
    ["SIGHUP", "SIGTERM", 143],
  ] as const)("%s and then %s end at once, with %i", async (first, second, status) => {
    const running = await startLoading(RUN);
    running.child.kill(first);
    await delay(20);
    running.child.kill(second);
    expect(await running.ended).toMatchObject({ exitCode: status, signal: null });
    expectNothingBegun();
  });

  test("SIGQUIT ends at once, with 131", async () => {
    const running = await startLoading(SCHEDULER);
    running.child.kill("SIGQUIT");
    expect(await running.ended).toMatchObject({ exitCode: 131, signal: null });
  });

  test("SIGUSR1 and SIGUSR2 do nothing, and SIGHUP twice, as from a closed terminal, drains", async () => {
    const listing = await startLoading(["dags", "list"]);
    listing.child.kill("SIGUSR1");
    listing.child.kill("SIGUSR2");
    await delay(20);
    const running = await startLoading(RUN);
    running.child.kill("SIGHUP");
    await delay(20);
    running.child.kill("SIGHUP");
    await delay(20);
    open();
    const { exitCode, stderr } = await listing.ended;
    expect(exitCode).toBe(0);
    expect(stderr).not.toContain("Debugger");
    expect((await running.ended).exitCode).toBe(75);
    expectNothingBegun();
  });

  test("a command that only looks ends with 130", async () => {
    open();
    await world.prepare(RUN);
    rmSync(join(world.folder, "open"));
    rmSync(join(world.folder, "begun"));
    const running = await startLoading(["runs", "list", "--watch"]);
    running.child.kill("SIGINT");
    await delay(20);
    open();
    expect((await running.ended).exitCode).toBe(130);
  });
});

const INSTANTS = 40;
const LEAST_SPAN_MS = 600;
const AT_ONCE = 4;

test.runIf(isLinux)(
  "at any instant of a start a signal leaves no lease, and the status that is documented",
  async () => {
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
    const seen = { caught: 0 };
    // On a busy machine a start takes longer.
    const startedMs = performance.now();
    const first = world.start(RUN, { DAGMAR_DB: join(world.folder, "first.db") });
    await waitUntil(first, () => isReceiving(first));
    const spanMs = Math.max(LEAST_SPAN_MS, 4 * (performance.now() - startedMs));
    await first.ended;
    async function tryInstant(number: number): Promise<void> {
      const signal = signals[number % signals.length] ?? "SIGINT";
      const args = number % 2 === 0 ? RUN : SCHEDULER;
      const databaseFile = join(world.folder, `instant-${number}.db`);
      const running = world.start(args, { DAGMAR_DB: databaseFile });
      await delay((number * spanMs) / INSTANTS);
      // It may also have ended.
      const isCaught = running.child.exitCode === null && isReceiving(running);
      running.child.kill(signal);
      const { exitCode, signal: endedBy, stderr } = await running.ended;
      const label = `${args[0]} ${signal} ${number} ${stderr}`;
      const left = readDatabase(databaseFile);
      expect(left.leases, label).toBe(0);
      const isDone = left.runs.includes("success");
      const isOver = isDone || args === SCHEDULER;
      const allowed = [isOver ? 0 : 75];
      // Node itself was still starting, or ending.
      const isNodes = !isCaught && left.runs.length === 0;
      if (endedBy === null) seen.caught += 1;
      expect(isNodes || isDone ? [...allowed, signal] : allowed, label).toContain(endedBy ?? exitCode);
    }
    const numbers = Array.from({ length: INSTANTS }, (_, number) => number);
    const next = async (): Promise<void> => {
      for (let number = numbers.shift(); number !== undefined; number = numbers.shift())
        await tryInstant(number);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
    expect(seen.caught).toBeGreaterThan(0);
  },
);
