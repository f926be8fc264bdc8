/**
 * A day of nine Dags that are due every minute, passed as fast as it can be, in a process of its own: what its memory comes
 * to. Arguments: an empty folder, minutes. Needs `--expose-gc`.
 */
import { memoryUsage } from "node:process";
import { setImmediate as yieldToEvents } from "node:timers/promises";
import { createHandClock } from "../test/support/hand-clock.ts";
import { makeDag, makeTask } from "../test/support/test-dag.ts";
import { openGround } from "./ground.ts";
import { startMinuteService } from "./minute-service.ts";

export interface Memory {
  readonly minute: number;
  readonly rssMiB: number;
  /** Of JavaScript's heap, what is in use. */
  readonly heapMiB: number;
}

const DAGS = 9;
const MIB = 1_048_576;
const [folder = "", minutes = "0"] = process.argv.slice(2);
const clock = createHandClock();
const ground = await openGround(folder, clock);
const dags = Array.from({ length: DAGS }, (_, place) =>
  makeDag([makeTask("first"), makeTask("second", { needs: ["first"] })], {
    dagId: `dag_${place}`,
    schedule: { kind: "cron", expression: "* * * * *" },
    timezone: "UTC",
  }),
);
const service = await startMinuteService(ground, clock, dags);
const memories: Memory[] = [await readMemory(0)];
for (let minute = 1; minute <= Number(minutes); minute += 1) {
  await service.approach();
  await service.strike();
  if (minute % 60 === 0 || minute === Number(minutes)) memories.push(await readMemory(minute));
}
await service.stop();
await ground.close();
process.stdout.write(JSON.stringify(memories));

/** After everything that is garbage has gone. */
async function readMemory(minute: number): Promise<Memory> {
  for (let round = 0; round < 4; round += 1) {
    global.gc?.();
    await yieldToEvents();
  }
  const { rss, heapUsed } = memoryUsage();
  return { minute, rssMiB: rss / MIB, heapMiB: heapUsed / MIB };
}
