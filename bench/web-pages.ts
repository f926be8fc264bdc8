/** What pages cost in Chromium: a year's grid, graphs, and the end of a large log, served by `dagmar web`. Skipped where Chromium is not installed. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setImmediate as yieldToEvents, setTimeout as delay } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { systemClock } from "../cli/process/system-clock.ts";
import { locateAttemptLog } from "../logs/attempt-log-location.ts";
import { openDatabase } from "../state/sqlite/database.ts";
import { sql } from "../state/sqlite/statement.ts";
import { makeDag, makeTask } from "../test/support/test-dag.ts";
import { inform, judgeAtMost, median, skip, type Figure } from "./figure.ts";
import { writeHistory } from "./history.ts";
import { openServiceFolder, startScheduler, type SchedulerProcess } from "./scheduler-process.ts";
import type { Workspace } from "./workspace.ts";

const CHROMIUM = process.env["DAGMAR_TEST_CHROMIUM"] ?? "/usr/bin/chromium";
const YEAR = { runs: 365, tasks: 40 };
const LOG_MB = 100;
const LINE = `2026-11-23T09:00:00.000Z INFO  fetched tt0000001 in 113 ms, 3021 bytes, attempt 1 of 3, batch 17\n`;
const WHOLE = "whole page";
const NEEDLE = "the one line that is searched for";

const MOST_PAINT_MS = { grid: 100, graph200: 100, graph1000: 300 };
const MOST_LOG_MS = 300;
const MOST_SEARCH_MS = 2_000;
const MOST_LINES = 2_000;
const MOST_HEAP_MB = 80;

/** A browser that needs less than this between two looks is quiet. */
const QUIET_SECONDS = 0.02;
const LOOK_EVERY_MS = 200;
/** On a busy machine it may never be. */
const MOST_LOOKS = 50;

export async function benchPages(isQuick: boolean): Promise<readonly Figure[]> {
  if (!existsSync(CHROMIUM)) return [skip("web: pages in Chromium", "not on this machine")];
  const { chromium } = await import("playwright-core");
  const { workspace, logPath } = await prepare(isQuick ? 5 : LOG_MB);
  const service = await startScheduler(workspace, { command: "web" });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  try {
    return await measure(browser, service, logPath, isQuick ? 3 : 15);
  } finally {
    await browser.close();
    await service.stop();
  }
}

/** A Dag with a year of runs, two wide ones without, and a log of its newest attempt. */
async function prepare(logMb: number): Promise<{ workspace: Workspace; logPath: string }> {
  const workspace = openServiceFolder(
    "web-pages",
    new Map([
      ["daily", writeDag("daily", YEAR.tasks, 1)],
      ["graph_200", writeDag("graph_200", 200, 8)],
      ["graph_1000", writeDag("graph_1000", 1_000, 20)],
    ]),
  );
  const database = await openDatabase(join(workspace.folder, "dagmar.db"), {
    clock: systemClock,
    mode: "create",
  });
  const tasks = Array.from({ length: YEAR.tasks }, (_, place) => makeTask(`t${place}`));
  const daily = makeDag(tasks, { dagId: "daily", timezone: "UTC" });
  await writeHistory(database, daily, YEAR.runs, new Date("2026-11-23T09:00:00Z"));
  const { run_id: runId } = database.one<{ run_id: string }>(
    sql`SELECT run_id FROM dag_runs ORDER BY dag_run_id DESC LIMIT 1`,
  );
  await database.close();
  const key = { dagId: "daily", runId, taskId: "t0", attempt: 1 };
  const file = locateAttemptLog(join(workspace.folder, "logs"), key);
  if (file === undefined) throw new Error("the run's log has no place");
  mkdirSync(dirname(file), { recursive: true });
  const block = LINE.repeat(10_000);
  const blocks = Math.max(2, Math.round((logMb * 1_000_000) / block.length));
  writeFileSync(file, block.repeat(blocks / 2));
  writeFileSync(file, `${NEEDLE}\n${block.repeat(blocks / 2)}`, { flag: "a" });
  return { workspace, logPath: `/dags/daily/runs/${encodeURIComponent(runId)}/tasks/t0/attempts/1` };
}

/** Each task needs `width` of the tasks in front of it in part, so that lines cross and some are long. */
function writeDag(dagId: string, tasks: number, width: number): string {
  const lines = Array.from({ length: tasks }, (_, place) => {
    const needs = [place - width, place - width - 3].filter((other) => other >= 0);
    return `  t${place}: { type: noop, needs: [${needs.map((other) => `t${other}`).join(", ")}] }`;
  });
  return `dag: ${dagId}\nschedule: "15 4 * * *"\ntimezone: UTC\ncatchup: none\ntasks:\n${lines.join("\n")}\n`;
}

async function measure(
  browser: Browser,
  service: SchedulerProcess,
  logPath: string,
  rounds: number,
): Promise<readonly Figure[]> {
  const page = await openWindow(browser, service.url);
  const paint = async (path: string): Promise<Load> => {
    const loads: Load[] = [];
    for (let round = 0; round < rounds; round += 1) loads.push(await load(page, service.url + path));
    return {
      paintedMs: median(loads.map(({ paintedMs }) => paintedMs)),
      wholeMs: median(loads.map(({ wholeMs }) => wholeMs)),
      lines: loads[0]?.lines ?? 0,
    };
  };
  const least = await paint("/keys?language=en");
  const grid = await paint(`/dags/daily?runs=${YEAR.runs}`);
  const small = await paint("/dags/graph_200/graph");
  const large = await paint("/dags/graph_1000/graph");
  const first = await load(page, service.url + logPath);
  const log = await paint(logPath);
  const search = await load(page, `${service.url}${logPath}?q=${encodeURIComponent(NEEDLE)}`);
  await yieldToEvents();
  const judge = (name: string, most: number, value: number, note?: string): Figure =>
    judgeAtMost(`web: ${name}`, most, { value, write: writeMs, ...(note === undefined ? {} : { note }) });
  const whole = ({ wholeMs }: Load): string => `median of ${rounds}; from the request on ${writeMs(wholeMs)}`;
  return [
    inform("web: a page of little text, painted after its first byte", writeMs(least.paintedMs)),
    judge(
      `grid of ${YEAR.runs} × ${YEAR.tasks}, painted after its first byte`,
      MOST_PAINT_MS.grid,
      grid.paintedMs,
      whole(grid),
    ),
    judge(
      "graph of 200 tasks, painted after its first byte",
      MOST_PAINT_MS.graph200,
      small.paintedMs,
      whole(small),
    ),
    judge(
      "graph of 1,000 tasks, painted after its first byte",
      MOST_PAINT_MS.graph1000,
      large.paintedMs,
      whole(large),
    ),
    inform("web: a log for the first time, from the request to its paint", writeMs(first.wholeMs)),
    judge("a log of 100 MB at its end, from the request to its paint", MOST_LOG_MS, log.wholeMs),
    judge("a search through it", MOST_SEARCH_MS, search.wholeMs),
    judgeAtMost("web: lines of it in the page", MOST_LINES, {
      value: Math.max(log.lines, search.lines),
      write: String,
    }),
    judgeAtMost("web: Chromium's heap with it", MOST_HEAP_MB, {
      value: await readHeapMb(browser, service.url + logPath),
      write: (mb) => `${mb.toFixed(1)} MB`,
    }),
  ];
}

interface Load {
  /** From the answer's first byte until all of the page is painted: its first paint may come before its end is there. */
  readonly paintedMs: number;
  /** From the request until then. */
  readonly wholeMs: number;
  readonly lines: number;
}

/** Chromium starts parts of its own window for a second after it is there, on both cores: the pages are loaded after that, as when a person uses it. */
async function openWindow(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.addInitScript(markWholePaint, WHOLE);
  await page.goto(new URL("/keys", url).href);
  return page;
}

/** Resolves when the browser's processes have next to nothing to do. */
async function untilQuiet(page: Page): Promise<void> {
  const session = await page.context().browser()?.newBrowserCDPSession();
  if (session === undefined) throw new Error("the page has no browser");
  const readSeconds = async (): Promise<number> => {
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  };
  for (let look = 0, before = await readSeconds(); look < MOST_LOOKS; look += 1) {
    await delay(LOOK_EVERY_MS);
    const now = await readSeconds();
    if (now - before < QUIET_SECONDS) break;
    before = now;
  }
  await session.detach();
}

/** As a browser that has the style sheet and the script, from another page. */
async function load(page: Page, url: string): Promise<Load> {
  await page.goto(new URL("/keys", url).href);
  await untilQuiet(page);
  await page.goto(url);
  await page.waitForFunction(
    (whole) =>
      performance.getEntriesByName("first-contentful-paint").length > 0 &&
      performance.getEntriesByName(whole).length > 0,
    WHOLE,
  );
  const found = await page.evaluate((whole) => {
    const paints = ["first-contentful-paint", whole].flatMap((name) => performance.getEntriesByName(name));
    const answer = performance.getEntries().find((entry) => (entry.entryType as string) === "navigation");
    const began = answer as unknown as { readonly requestStart: number; readonly responseStart: number };
    const paintMs = Math.max(...paints.map(({ startTime }) => startTime));
    return {
      paintedMs: paintMs - began.responseStart,
      wholeMs: paintMs - began.requestStart,
      lines: (
        globalThis as unknown as { document: { querySelectorAll(of: string): { length: number } } }
      ).document.querySelectorAll(".log li").length,
    };
  }, WHOLE);
  return found;
}

/** In the page: sets a mark named `whole` after the first frame that has all of the document. */
function markWholePaint(whole: string): void {
  const view = globalThis as unknown as {
    addEventListener(name: string, react: () => void): void;
    requestAnimationFrame(react: () => void): void;
  };
  view.addEventListener("DOMContentLoaded", () => {
    view.requestAnimationFrame(() => setTimeout(() => performance.mark(whole)));
  });
}

async function readHeapMb(browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.goto(url);
  const session = await context.newCDPSession(page);
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await context.close();
  return usedSize / 1_000_000;
}

function writeMs(ms: number): string {
  return `${ms.toFixed(0)} ms`;
}
