/** What people at pages cost a scheduler at work: how late its tasks begin, and how fast a chain of tasks is. */
import { Agent } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { systemClock } from "../cli/process/system-clock.ts";
import { openDatabase } from "../state/sqlite/database.ts";
import { sql } from "../state/sqlite/statement.ts";
import { inform, judgeAtMost, median, percentile, type Figure } from "./figure.ts";
import { openServiceFolder, startScheduler, type SchedulerProcess } from "./scheduler-process.ts";
import { openTab, readPage } from "./web-tab.ts";
import type { Workspace } from "./workspace.ts";

const TABS = 20;
const MOST_GROWTH_MS = 1;
const READS_PER_SECOND = 200;
const MOST_SLOWER = 1.1;
const CHAIN = 40;
/** Pairs of a phase without and one with the load. They are short, because a machine's pace changes within a minute. */
const PHASES = 16;
const PHASE_MS = 5_000;
const QUICK_PHASE_MS = 3_000;

export async function benchLoad(isQuick: boolean): Promise<readonly Figure[]> {
  return [...(await measureTabs(isQuick)), ...(await measureReads(isQuick))];
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
    new Map([["chain", writeDag("chain", `"* * * * * *"`, CHAIN)]]),
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
  const phaseMs = isQuick ? QUICK_PHASE_MS : PHASE_MS;
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

function writeDag(dagId: string, schedule: string, tasks: number): string {
  const lines = Array.from(
    { length: tasks },
    (_, place) => `  t${place}: { type: noop${place === 0 ? "" : `, needs: [t${place - 1}]`} }`,
  );
  return `dag: ${dagId}\nschedule: ${schedule}\ntimezone: UTC\ncatchup: none\ntasks:\n${lines.join("\n")}\n`;
}
