/** What people at pages cost a scheduler at work: its memory, how late its tasks begin, and how fast a chain of tasks is. */
import { get, request, Agent } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { systemClock } from "../cli/process/system-clock.ts";
import { openDatabase } from "../state/sqlite/database.ts";
import { sql } from "../state/sqlite/statement.ts";
import { inform, judgeAtMost, median, percentile, skip, type Figure } from "./figure.ts";
import { openServiceFolder, startScheduler, type SchedulerProcess } from "./scheduler-process.ts";
import { CLI, type Workspace } from "./workspace.ts";

const CONTAINER_FLAGS = ["--max-semi-space-size=2"];
const MOST_IDLE_MIB = 0.5;
const MOST_TAB_MIB = 15;
const MOST_LATER_MIB = 5;
/** The thread ends after ten idle minutes. */
const LATER_MS = 10.5 * 60_000;
const TABS = 20;
const MOST_GROWTH_MS = 1;
const READS_PER_SECOND = 200;
const MOST_SLOWER = 1.1;
const CHAIN = 40;
/** Pairs of a phase without and one with reads. */
const PHASES = 4;

export async function benchLive(isQuick: boolean): Promise<readonly Figure[]> {
  return [
    ...(await measureMemory(isQuick)),
    ...(await measureTabs(isQuick)),
    ...(await measureReads(isQuick)),
  ];
}

async function measureMemory(isQuick: boolean): Promise<readonly Figure[]> {
  const workspace = openServiceFolder(
    "web-memory",
    new Map([["daily", writeDag("daily", `"15 4 * * *"`, 2)]]),
  );
  // A service creates its database once and keeps it.
  await (await startScheduler(workspace, { nodeFlags: CONTAINER_FLAGS })).stop();
  const restMs = isQuick ? 1_000 : 10_000;
  const service = await startScheduler(workspace, { nodeFlags: CONTAINER_FLAGS });
  await delay(restMs);
  const beforeMiB = service.readMemoryMiB();
  const tab = await openTab(service.url, "/dags/daily");
  for (const path of ["/", "/dags", "/dags/daily", "/runs", "/events"])
    await readPage(new URL(path, service.url));
  await delay(restMs);
  const tabMiB = service.readMemoryMiB();
  tab.close();
  await delay(isQuick ? 1_000 : LATER_MS);
  const laterMiB = service.readMemoryMiB();
  await service.stop();
  const judge = (name: string, most: number, value: number, note: string): Figure =>
    judgeAtMost(`web: memory, ${name}`, most, { value, write: writeMiB, note });
  return [
    await compareIdle(isQuick ? 1 : 5, restMs),
    judge(
      "with a tab open, over before",
      MOST_TAB_MIB,
      tabMiB - beforeMiB,
      `${writeMiB(tabMiB)} after five pages`,
    ),
    judge(
      "ten minutes after the last, over before",
      MOST_LATER_MIB,
      laterMiB - beforeMiB,
      writeMiB(laterMiB),
    ),
  ];
}

/** With another version in turns, each with a database of its own. */
async function compareIdle(rounds: number, restMs: number): Promise<Figure> {
  const name = "web: memory, before the first request, over the version before";
  const former = process.env["DAGMAR_BENCH_BEFORE"];
  if (former === undefined)
    return skip(name, "DAGMAR_BENCH_BEFORE names no other version's dist/cli/main.js");
  const contestants = [CLI, former].map((program, place) => ({
    program,
    workspace: openServiceFolder(
      `web-idle-${place}`,
      new Map([["daily", writeDag("daily", `"15 4 * * *"`, 2)]]),
    ),
    memories: [] as number[],
  }));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { program, workspace, memories } of contestants) {
      const service = await startScheduler(workspace, { nodeFlags: CONTAINER_FLAGS, program });
      await delay(restMs);
      // The first round creates the database.
      if (round > 0) memories.push(service.readMemoryMiB());
      await service.stop();
    }
  }
  const [now, before] = contestants.map(({ memories }) => median(memories));
  return judgeAtMost(name, MOST_IDLE_MIB, {
    value: (now ?? Number.NaN) - (before ?? Number.NaN),
    write: writeMiB,
    note: `medians of ${rounds}: ${writeMiB(now ?? Number.NaN)}, ${writeMiB(before ?? Number.NaN)}`,
  });
}

async function measureTabs(isQuick: boolean): Promise<readonly Figure[]> {
  const workspace = openServiceFolder(
    "web-tabs",
    new Map([["each_second", writeDag("each_second", `"* * * * * *"`, 2)]]),
  );
  const service = await startScheduler(workspace);
  const spans = await alternate(isQuick, async () => {
    const tabs = await Promise.all(
      Array.from({ length: TABS }, () => openTab(service.url, "/dags/each_second")),
    );
    return () => {
      for (const tab of tabs) tab.close();
    };
  });
  await service.stop();
  const { quiet, busy } = await readSpans(workspace, spans, (row) => row.lateMs);
  const write = (ms: number): string => `${ms.toFixed(1)} ms`;
  const [without, underLoad] = [percentile(quiet, 0.95), percentile(busy, 0.95)];
  return [
    judgeAtMost(`web: ${TABS} tabs, p95 of due instant to first task, over without`, MOST_GROWTH_MS, {
      value: underLoad - without,
      write,
      note: `${write(underLoad)} of ${busy.length} runs, ${write(without)} of ${quiet.length}; p50 ${write(percentile(busy, 0.5))}, ${write(percentile(quiet, 0.5))}`,
    }),
  ];
}

async function measureReads(isQuick: boolean): Promise<readonly Figure[]> {
  const workspace = openServiceFolder(
    "web-reads",
    new Map([["chain", writeDag("chain", `"*/2 * * * * *"`, CHAIN)]]),
  );
  const service = await startScheduler(workspace);
  const answers: number[] = [];
  const spans = await alternate(isQuick, () => Promise.resolve(readSteadily(service, answers)));
  await service.stop();
  const { quiet, busy } = await readSpans(workspace, spans, (row) => row.tookMs);
  const [without, underLoad] = [median(quiet), median(busy)];
  const write = (share: number): string => share.toFixed(2);
  return [
    inform(
      `web: ${READS_PER_SECOND} reads a second of the API`,
      `${answers.length} answers, p50 ${percentile(answers, 0.5).toFixed(1)} ms, p95 ${percentile(answers, 0.95).toFixed(1)} ms`,
    ),
    judgeAtMost(`web: a chain of ${CHAIN} tasks under them, over without`, MOST_SLOWER, {
      value: underLoad / without,
      write,
      note: `medians: ${underLoad.toFixed(0)} ms of ${busy.length} runs, ${without.toFixed(0)} ms of ${quiet.length}`,
    }),
  ];
}

interface Spans {
  readonly quiet: readonly Span[];
  readonly busy: readonly Span[];
}
type Span = readonly [from: number, to: number];

/** A phase without and one with the load, in turns, so that a busy machine is busy for both. */
async function alternate(isQuick: boolean, begin: () => Promise<() => void>): Promise<Spans> {
  const phaseMs = isQuick ? 3_000 : 20_000;
  const quiet: Span[] = [];
  const busy: Span[] = [];
  await delay(1_000);
  for (let phase = 0; phase < (isQuick ? 1 : PHASES); phase += 1) {
    quiet.push(await spend(phaseMs));
    const end = await begin();
    await delay(500);
    busy.push(await spend(phaseMs));
    end();
    await delay(500);
  }
  return { quiet, busy };
}

async function spend(ms: number): Promise<Span> {
  const from = Date.now();
  await delay(ms);
  return [from, Date.now()];
}

interface RunTimes {
  /** From the due instant to the start of the first task. */
  readonly lateMs: number;
  /** From that start to the end of the last one. */
  readonly tookMs: number;
}

async function readSpans(
  { folder }: Workspace,
  { quiet, busy }: Spans,
  pick: (row: RunTimes) => number,
): Promise<{ readonly quiet: readonly number[]; readonly busy: readonly number[] }> {
  const database = await openDatabase(join(folder, "dagmar.db"), { clock: systemClock, mode: "read" });
  const rows = database.all<{ logical_date: string; began: string; ended: string }>(
    sql`SELECT r.logical_date, min(a.started_at) AS began, max(a.finished_at) AS ended
        FROM dag_runs r JOIN task_instances t USING (dag_run_id) JOIN attempts a USING (task_instance_id)
        WHERE r.state = 'success' GROUP BY r.dag_run_id`,
  );
  await database.close();
  const during = (spans: readonly Span[]): readonly number[] =>
    rows
      .filter(({ logical_date: due, ended }) =>
        spans.some(([from, to]) => Date.parse(due) >= from && Date.parse(ended) <= to),
      )
      .map(({ logical_date: due, began, ended }) =>
        pick({
          lateMs: Date.parse(began) - Date.parse(due),
          tookMs: Date.parse(ended) - Date.parse(began),
        }),
      );
  return { quiet: during(quiet), busy: during(busy) };
}

interface Tab {
  close(): void;
}

/** What a tab's script does: it listens, and reads its page again after a change, at most twice a second. */
async function openTab(url: string, path: string): Promise<Tab> {
  const page = new URL(path, url);
  await readPage(page);
  const reading = { isWanted: false, isUnderWay: false };
  const stream = get(new URL("/api/dagmar/stream?topics=change", url), (answer) => {
    answer.setEncoding("utf8").on("data", (text: string) => {
      if (text.includes("event: change")) reading.isWanted = true;
    });
  });
  stream.on("error", () => undefined);
  const timer = setInterval(() => {
    if (!reading.isWanted || reading.isUnderWay) return;
    reading.isWanted = false;
    reading.isUnderWay = true;
    void readPage(page).finally(() => {
      reading.isUnderWay = false;
    });
  }, 500);
  return {
    close() {
      clearInterval(timer);
      stream.destroy();
    },
  };
}

/** Requests at a steady pace, whether or not the ones before were answered; their times go into `answers`. */
function readSteadily({ url }: SchedulerProcess, answers: number[]): () => void {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const target = new URL("/api/v2/dags/chain/dagRuns?limit=20&order_by=-logical_date", url);
  let owed = 0;
  let lastMs = performance.now();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    owed += ((nowMs - lastMs) * READS_PER_SECOND) / 1_000;
    lastMs = nowMs;
    for (; owed >= 1; owed -= 1) {
      const beganMs = performance.now();
      void readPage(target, agent).then(() => answers.push(performance.now() - beganMs));
    }
  }, 5);
  return () => {
    clearInterval(timer);
    agent.destroy();
  };
}

/** Resolves when the answer is there; a connection that the bench closes is no fault. */
function readPage(url: URL, agent?: Agent): Promise<void> {
  return new Promise((resolve) => {
    const asked = request(
      url,
      { headers: { accept: "text/html" }, ...(agent === undefined ? {} : { agent }) },
      (answer) => {
        answer.resume();
        answer.once("close", () => {
          if (answer.statusCode !== 200) throw new Error(`${url.href} answered ${answer.statusCode ?? 0}`);
          resolve();
        });
      },
    );
    asked.once("error", () => resolve());
    asked.end();
  });
}

function writeDag(dagId: string, schedule: string, tasks: number): string {
  const lines = Array.from(
    { length: tasks },
    (_, place) => `  t${place}: { type: noop${place === 0 ? "" : `, needs: [t${place - 1}]`} }`,
  );
  return `dag: ${dagId}\nschedule: ${schedule}\ntimezone: UTC\ncatchup: none\ntasks:\n${lines.join("\n")}\n`;
}

function writeMiB(mib: number): string {
  return `${mib.toFixed(1)} MiB`;
}
