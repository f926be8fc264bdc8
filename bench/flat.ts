/** Whether a turn of the loop, and `runs list`, cost more where more has run: with 100, 10,000 and 100,000 runs. */
import { reportRuns } from "../state/reports.ts";
import { createHandClock } from "../test/support/hand-clock.ts";
import { makeDag, makeTask } from "../test/support/test-dag.ts";
import { judgeAtMost, inform, median, type Figure } from "./figure.ts";
import { openGround, type Ground } from "./ground.ts";
import { writeHistory } from "./history.ts";
import { measureProcess } from "./measure-process.ts";
import { startMinuteService, type MinuteService } from "./minute-service.ts";
import { openServiceFolder } from "./scheduler-process.ts";
import { CLI, type Workspace } from "./workspace.ts";

const SIZES = [100, 10_000, 100_000] as const;
const QUICK_SIZES = [100, 1_000] as const;
const MOST_TIMES = 1.5;
const LISTED = 20;
const DAG = makeDag([makeTask("first"), makeTask("second", { needs: ["first"] })], {
  dagId: "each_minute",
  schedule: { kind: "cron", expression: "* * * * *" },
  timezone: "UTC",
});

interface Place {
  readonly size: number;
  readonly workspace: Workspace;
  readonly ground: Ground;
  readonly service: MinuteService;
  readonly turnMs: number[];
  readonly listMs: number[];
  readonly dagListMs: number[];
  readonly commandMs: number[];
}

/** In turns, so that a machine that is busy for a while is busy for all of them. */
export async function benchFlat(isQuick: boolean): Promise<readonly Figure[]> {
  const places: Place[] = [];
  for (const size of isQuick ? QUICK_SIZES : SIZES) places.push(await openPlace(size));
  try {
    for (let round = 0; round < (isQuick ? 20 : 300); round += 1) {
      for (const place of turn(places, round)) {
        await place.service.approach();
        place.turnMs.push(await place.service.strike());
        const { database } = place.ground.tools;
        place.listMs.push(measure(() => reportRuns(database, { limit: LISTED })));
        place.dagListMs.push(measure(() => reportRuns(database, { dagId: DAG.dagId, limit: LISTED })));
      }
    }
    for (let round = 0; round < (isQuick ? 2 : 15); round += 1) {
      for (const { workspace, commandMs } of turn(places, round)) {
        const args = [CLI, "runs", "list", "--limit", String(LISTED)];
        commandMs.push((await measureProcess(process.execPath, args, workspace)).seconds * 1000);
      }
    }
  } finally {
    for (const { service, ground } of places) {
      await service.stop();
      await ground.close();
    }
  }
  return [
    ...judge(places, "the turns of a run of two tasks", ({ turnMs }) => median(turnMs)),
    ...judge(places, "the last 20 runs, read", ({ listMs }) => median(listMs)),
    ...judge(places, "a Dag's last 20 runs, read", ({ dagListMs }) => median(dagListMs)),
    ...judge(places, "dagmar runs list, the whole process", ({ commandMs }) => median(commandMs)),
  ];
}

async function openPlace(size: number): Promise<Place> {
  const workspace = openServiceFolder(`flat-${size}`, new Map());
  const clock = createHandClock();
  const ground = await openGround(workspace.folder, clock);
  await writeHistory(ground.tools.database, DAG, size, clock.now());
  const service = await startMinuteService(ground, clock, [DAG]);
  return { size, workspace, ground, service, turnMs: [], listMs: [], dagListMs: [], commandMs: [] };
}

function judge(places: readonly Place[], name: string, read: (place: Place) => number): readonly Figure[] {
  const values = places.map(read);
  const costs = places.map(
    ({ size }, index) => `${size.toLocaleString("en")}: ${writeMs(values[index] ?? Number.NaN)}`,
  );
  return [
    inform(`flat: ${name}, by runs there are`, costs.join(", ")),
    judgeAtMost(`flat: ${name}, most over least`, MOST_TIMES, {
      value: Math.max(...values) / Math.min(...values),
      write: (times) => times.toFixed(2),
    }),
  ];
}

function measure(work: () => unknown): number {
  const startedMs = performance.now();
  work();
  return performance.now() - startedMs;
}

function turn<T>(items: readonly T[], by: number): readonly T[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

function writeMs(ms: number): string {
  return `${ms.toFixed(ms < 10 ? 2 : 0)} ms`;
}
