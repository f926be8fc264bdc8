/** From the start of `dagmar scheduler` in a fresh folder with a hundred Dag files to the first turn of its loop. */
import { inform, judgeAtMost, median, type Figure } from "./figure.ts";
import { measureProcess } from "./measure-process.ts";
import { openServiceFolder, startScheduler } from "./scheduler-process.ts";

const DAGS = 100;
const MOST_MS = 300;

export async function benchFirstTick(isQuick: boolean): Promise<readonly Figure[]> {
  const ids = Array.from({ length: DAGS }, (_, place) => `dag_${place}`);
  const dags = new Map(ids.map((dagId) => [dagId, writeDag(dagId)]));
  const bareMs: number[] = [];
  const readyMs: number[] = [];
  const cpuMs: number[] = [];
  const againMs: number[] = [];
  for (let round = 0; round < (isQuick ? 2 : 11); round += 1) {
    bareMs.push((await measureProcess(process.execPath, ["-e", "0"])).seconds * 1000);
    const workspace = openServiceFolder("first-tick", dags);
    const first = await startScheduler(workspace);
    await first.stop();
    readyMs.push(first.readySeconds * 1000);
    cpuMs.push(first.readyCpuSeconds * 1000);
    const again = await startScheduler(workspace);
    await again.stop();
    againMs.push(again.readySeconds * 1000);
  }
  const bare = median(bareMs);
  const judge = (name: string, values: readonly number[], more = ""): Figure => {
    const note = `${writeMs(median(values))} in all${more}`;
    return judgeAtMost(`first-tick: ${name}`, MOST_MS, {
      value: median(values) - bare,
      write: writeMs,
      note,
    });
  };
  return [
    inform("first-tick: node -e 0", writeMs(bare)),
    judge("100 Dags, a new database, after Node is up", readyMs, `; ${writeMs(median(cpuMs))} CPU`),
    judge("100 Dags, started again, after Node is up", againMs),
  ];
}

function writeDag(dagId: string): string {
  return `
dag: ${dagId}
description: One of a hundred.
schedule: "15 4 * * *"
timezone: America/Sao_Paulo
defaults: { retries: 3, retry_delay: 30s, retry_backoff: exponential, timeout: 2h }
tasks:
  extract: { type: noop }
  transform: { type: shell, needs: [extract], with: { command: [echo, "\${ds}"] } }
  load: { type: noop, needs: [transform] }
`;
}

function writeMs(ms: number): string {
  return `${ms.toFixed(0)} ms`;
}
