/** What the scheduler's memory comes to: when it has nothing to do, and over a day of 12,960 runs that is passed quickly. */
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { inform, judgeAtMost, type Figure } from "./figure.ts";
import { measureProcess } from "./measure-process.ts";
import type { Memory } from "./pass-day.ts";
import { CONTAINER_FLAGS, openServiceFolder, startScheduler } from "./scheduler-process.ts";
import { openFolder } from "./workspace.ts";

const MOST_MIB = 80;
const MOST_GROWTH_MIB = 10;
const DAGS = 9;
/** As the container starts it. */

export async function benchIdle(isQuick: boolean): Promise<readonly Figure[]> {
  return [...(await measureIdle(isQuick)), ...(await passDay(isQuick))];
}

async function measureIdle(isQuick: boolean): Promise<readonly Figure[]> {
  const ids = Array.from({ length: DAGS }, (_, place) => `dag_${place}`);
  const workspace = openServiceFolder("idle", new Map(ids.map((dagId) => [dagId, writeDag(dagId)])));
  // A service creates its database once and keeps it.
  await (await startScheduler(workspace)).stop();
  const figures: Figure[] = [];
  for (const [name, flags] of [
    ["as the container starts it", CONTAINER_FLAGS],
    ["with Node's own settings", []],
  ] as const) {
    const scheduler = await startScheduler(workspace, { nodeFlags: flags });
    const readyMiB = scheduler.readMemoryMiB();
    await delay(isQuick ? 1_000 : 10_000);
    const value = scheduler.readMemoryMiB();
    await scheduler.stop();
    const note = `${writeMiB(readyMiB)} at its first turn; aim 65`;
    figures.push(
      judgeAtMost(`idle: memory with 9 Dags, ${name}`, MOST_MIB, { value, write: writeMiB, note }),
    );
  }
  return figures;
}

async function passDay(isQuick: boolean): Promise<readonly Figure[]> {
  // Bundled next to this file, because this file starts it.
  const program = fileURLToPath(new URL("./pass-day.js", import.meta.url));
  const minutes = isQuick ? 60 : 1_440;
  const args = ["--expose-gc", ...CONTAINER_FLAGS, program, openFolder("day"), String(minutes)];
  const { stdout, seconds } = await measureProcess(process.execPath, args);
  const memories = JSON.parse(stdout) as readonly Memory[];
  const [start] = memories;
  const hour = memories[1];
  const end = memories.at(-1);
  if (start === undefined || hour === undefined || end === undefined)
    throw new Error("the day has not passed");
  const write = (memory: Memory): string => `${writeMiB(memory.rssMiB)} (heap ${memory.heapMiB.toFixed(1)})`;
  const runs = `${(minutes * DAGS).toLocaleString("en")} runs in ${seconds.toFixed(0)} s`;
  return [
    inform("idle: before the day, after an hour of it, at its end", [start, hour, end].map(write).join(", ")),
    judgeAtMost("idle: growth over the day, resident", MOST_GROWTH_MIB, {
      value: end.rssMiB - start.rssMiB,
      write: writeMiB,
      note: `${runs}; since its first hour ${writeMiB(end.rssMiB - hour.rssMiB)}`,
    }),
    judgeAtMost("idle: growth over the day, heap", MOST_GROWTH_MIB, {
      value: end.heapMiB - start.heapMiB,
      write: writeMiB,
    }),
  ];
}

function writeDag(dagId: string): string {
  return `
dag: ${dagId}
schedule: "15 4 * * *"
timezone: America/Sao_Paulo
tasks:
  first: { type: noop }
  second: { type: noop, needs: [first] }
`;
}

function writeMiB(mib: number): string {
  return `${mib.toFixed(1)} MiB`;
}
