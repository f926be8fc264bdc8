/** Forty tasks that wait for each other and compute next to nothing: what the scheduler costs, compared with bare commits. */
import { z } from "zod";
import { systemClock } from "../cli/process/system-clock.ts";
import type { DagDefinition } from "../model/dag/dag.ts";
import type { AnyTaskType } from "../model/ports/task-type.ts";
import { driveRuns } from "../scheduler/engine/drive-runs.ts";
import { makeDag, makeTask } from "../test/support/test-dag.ts";
import { openBareCommits } from "./bare-commits.ts";
import { inform, judgeAtMost, median, type Figure } from "./figure.ts";
import { openGround } from "./ground.ts";
import { openFolder } from "./workspace.ts";

const TASKS = 40;
const MOST_COMMITS = 2.5;
const MINUTE_MS = 60_000;
/** If a commit costs at most this, the whole chain has a target in milliseconds too. */
const QUICK_COMMIT_MS = 0.2;

export async function benchChain(isQuick: boolean): Promise<readonly Figure[]> {
  const startedMs: number[] = [];
  const endedMs: number[] = [];
  const ground = await openGround(openFolder("chain"), systemClock, [makeFibo(startedMs, endedMs)]);
  const bare = openBareCommits(ground.databaseFile);
  const dag = makeChain(TASKS, "fibo");
  const rounds: {
    readonly chainMs: number;
    readonly floorMs: number;
    readonly gapMs: number;
    readonly cpuMs: number;
  }[] = [];
  try {
    bare.measure(TASKS);
    for (let round = 0; round < (isQuick ? 5 : 201); round += 1) {
      const run = await ground.makeRun(dag, new Date(Date.UTC(2026, 0, 1) + round * MINUTE_MS));
      startedMs.length = 0;
      endedMs.length = 0;
      const floorMs = bare.measure(TASKS);
      const cpu = process.cpuUsage();
      const beganMs = performance.now();
      const [end] = await driveRuns(ground.tools, [run.dagRunId], new AbortController().signal);
      const chainMs = performance.now() - beganMs;
      const { user, system } = process.cpuUsage(cpu);
      if (end?.state !== "success" || endedMs.length !== TASKS) throw new Error("the chain did not succeed");
      const gaps = startedMs.slice(1).map((started, index) => started - (endedMs[index] ?? Number.NaN));
      rounds.push({ chainMs, floorMs, gapMs: median(gaps), cpuMs: (user + system) / 1000 });
    }
  } finally {
    bare.close();
    await ground.close();
  }
  const [cold] = rounds;
  const warm = rounds.slice(1);
  const chainMs = median(warm.map((round) => round.chainMs));
  const commitMs = median(warm.map((round) => round.floorMs)) / TASKS;
  return [
    inform("chain: a bare commit", writeMs(commitMs)),
    inform("chain: the first one of a process", writeMs(cold?.chainMs ?? Number.NaN)),
    inform("chain: CPU time of a task", writeMs(median(warm.map((round) => round.cpuMs)) / TASKS)),
    commitMs <= QUICK_COMMIT_MS
      ? judgeAtMost("chain: 40 tasks of fibo(10)", 25, { value: chainMs, write: writeMs })
      : inform("chain: 40 tasks of fibo(10)", writeMs(chainMs)),
    judgeAtMost("chain: over 40 bare commits", MOST_COMMITS, {
      value: median(warm.map((round) => round.chainMs / round.floorMs)),
      write: writeShare,
      note: `${writeMs(commitMs * TASKS)}; median of ${warm.length}`,
    }),
    judgeAtMost("chain: upstream done to next task started, in commits", MOST_COMMITS, {
      value: median(warm.map((round) => (round.gapMs * TASKS) / round.floorMs)),
      write: writeShare,
      note: writeMs(median(warm.map((round) => round.gapMs))),
    }),
  ];
}

/** `type` without options, each task but the first needing the one before. */
export function makeChain(length: number, type: string): DagDefinition {
  const tasks = Array.from({ length }, (_, place) =>
    makeTask(`t${place}`, { type, needs: place === 0 ? [] : [`t${place - 1}`] }),
  );
  return makeDag(tasks, { dagId: `chain_of_${type}` });
}

/** Notes when each of its tasks began and ended. */
function makeFibo(startedMs: number[], endedMs: number[]): AnyTaskType {
  return {
    type: "fibo",
    summary: "",
    options: z.strictObject({}),
    ownTemplateNames: [],
    outputNames: [],
    writes: () => undefined,
    reads: () => [],
    exclusiveKey: () => null,
    run() {
      startedMs.push(performance.now());
      const value = fibo(10);
      endedMs.push(performance.now());
      return Promise.resolve({ value });
    },
  };
}

function fibo(n: number): number {
  return n < 2 ? n : fibo(n - 1) + fibo(n - 2);
}

function writeMs(ms: number): string {
  return `${ms.toFixed(ms < 1 ? 3 : 1)} ms`;
}

function writeShare(share: number): string {
  return share.toFixed(2);
}
