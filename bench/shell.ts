/** Forty `shell` tasks that run `true`: one after the other, and all at once. */
import { systemClock } from "../cli/process/system-clock.ts";
import type { DagDefinition } from "../model/dag/dag.ts";
import { driveRuns } from "../scheduler/engine/drive-runs.ts";
import { makeDag, makeTask } from "../test/support/test-dag.ts";
import { makeChain } from "./chain.ts";
import { inform, judgeAtMost, median, type Figure } from "./figure.ts";
import { openGround, type Ground } from "./ground.ts";
import { measureBareSpawns } from "./bare-spawns.ts";
import { openFolder } from "./workspace.ts";

const TASKS = 40;
const MOST_MS = 200;
const MINUTE_MS = 60_000;

export async function benchShell(isQuick: boolean): Promise<readonly Figure[]> {
  const ground = await openGround(openFolder("shell"), systemClock);
  const chained = withTrue(makeChain(TASKS, "shell"));
  const loose = withTrue(
    makeDag(
      Array.from({ length: TASKS }, (_, place) => makeTask(`t${place}`, { type: "shell" })),
      { dagId: "loose" },
    ),
  );
  const bareMs: number[] = [];
  const chainMs: number[] = [];
  const looseMs: number[] = [];
  try {
    for (let round = 0; round < (isQuick ? 2 : 11); round += 1) {
      const date = new Date(Date.UTC(2026, 0, 1) + round * MINUTE_MS);
      bareMs.push(await measureBareSpawns(TASKS));
      chainMs.push(await measure(ground, chained, date));
      looseMs.push(await measure(ground, loose, date));
    }
  } finally {
    await ground.close();
  }
  const bare = median(bareMs);
  const judge = (name: string, values: readonly number[]): Figure => {
    const value = median(values);
    const note = `${(value / bare).toFixed(2)} times the bare processes`;
    return judgeAtMost(`shell: ${name}`, MOST_MS, { value, write: writeMs, note });
  };
  return [
    inform("shell: 40 bare processes in a row, `true`", writeMs(bare)),
    judge("40 tasks in a chain", chainMs),
    judge("40 tasks at once", looseMs),
  ];
}

async function measure(ground: Ground, dag: DagDefinition, logicalDate: Date): Promise<number> {
  const run = await ground.makeRun(dag, logicalDate);
  const startedMs = performance.now();
  const [end] = await driveRuns(ground.tools, [run.dagRunId], new AbortController().signal);
  if (end?.state !== "success") throw new Error(`${dag.dagId} did not succeed`);
  return performance.now() - startedMs;
}

function withTrue(dag: DagDefinition): DagDefinition {
  return { ...dag, tasks: dag.tasks.map((task) => ({ ...task, with: { command: ["true"] } })) };
}

function writeMs(ms: number): string {
  return `${ms.toFixed(0)} ms`;
}
