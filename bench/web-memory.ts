/** What people at pages cost a scheduler in memory: before the first request, with a tab, and ten minutes after the last. */
import { setTimeout as delay } from "node:timers/promises";
import { judgeAtMost, median, skip, type Figure } from "./figure.ts";
import {
  CONTAINER_FLAGS,
  openServiceFolder,
  startScheduler,
  type SchedulerProcess,
} from "./scheduler-process.ts";
import { openTab, readPage } from "./web-tab.ts";
import { CLI } from "./workspace.ts";

const MOST_IDLE_MIB = 0.5;
const MOST_TAB_MIB = 15;
const MOST_LATER_MIB = 5;
/** The thread ends after ten idle minutes. */
const LATER_MS = 10.5 * 60_000;
const DAGS = new Map([
  [
    "daily",
    `dag: daily\nschedule: "15 4 * * *"\ntimezone: UTC\ncatchup: none\ntasks:\n  t0: { type: noop }\n  t1: { type: noop, needs: [t0] }\n`,
  ],
]);

export async function benchMemory(isQuick: boolean): Promise<readonly Figure[]> {
  const restMs = isQuick ? 1_000 : 10_000;
  const service = await startAgain("web-memory");
  const untouched = await startAgain("web-memory-untouched");
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
  const untouchedMiB = untouched.readMemoryMiB();
  await service.stop();
  await untouched.stop();
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
      "ten minutes after the last, over one of the same age without a page",
      MOST_LATER_MIB,
      laterMiB - untouchedMiB,
      `${writeMiB(laterMiB)}; ${writeMiB(beforeMiB)} before`,
    ),
  ];
}

/** A service creates its database once and keeps it. */
async function startAgain(name: string): Promise<SchedulerProcess> {
  const workspace = openServiceFolder(name, DAGS);
  await (await startScheduler(workspace, { nodeFlags: CONTAINER_FLAGS })).stop();
  return startScheduler(workspace, { nodeFlags: CONTAINER_FLAGS });
}

/** With another version in turns, each with a database of its own. */
async function compareIdle(rounds: number, restMs: number): Promise<Figure> {
  const name = "web: memory, before the first request, over the version before";
  const former = process.env["DAGMAR_BENCH_BEFORE"];
  if (former === undefined)
    return skip(name, "DAGMAR_BENCH_BEFORE names no other version's dist/cli/main.js");
  const contestants = [CLI, former].map((program, place) => ({
    program,
    workspace: openServiceFolder(`web-idle-${place}`, DAGS),
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

function writeMiB(mib: number): string {
  return `${mib.toFixed(1)} MiB`;
}
