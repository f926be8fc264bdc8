/** SIGKILL of the scheduler between a request over HTTP and its answer: the same Idempotency-Key again has one effect. */
import { expect, test } from "vitest";
import { eventually, untilReady, useServiceWorld, type Scheduler } from "../support/service-process.ts";

const POINTS = [
  // The effect is not committed: the next scheduler carries the request out.
  "attempt.before:1",
  "attempt.after:1",
  // It is, and the answer is on its way.
  "settle.before:1",
  "settle.after:1",
] as const;

async function trigger(scheduler: Scheduler, key: string): Promise<{ status: number; text: string } | null> {
  try {
    const reply = await fetch(`${scheduler.url}/api/v2/dags/once/dagRuns`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": key },
      body: '{"logical_date": null, "conf": {"limit": 7}}',
    });
    return { status: reply.status, text: await reply.text() };
  } catch {
    return null;
  }
}

test.each(POINTS)("a trigger whose scheduler is killed at %s makes one run", async (point) => {
  const world = useServiceWorld();
  world.writeDag("once", "schedule: manual\nparams: { limit: 1 }\ntasks: { one: { type: noop } }\n");
  const first = await world.startScheduler({ DAGMAR_TEST_CRASH_AT: point });
  await untilReady(first);
  await eventually(
    "the Dag is known",
    async () => (await fetch(`${first.url}/api/v2/dags/once`)).status === 200,
  );
  const early = await trigger(first, "key-1");
  expect((await first.ended).signal).toBe("SIGKILL");
  const second = await world.startScheduler();
  await untilReady(second);
  const again = await trigger(second, "key-1");
  expect(again).toMatchObject({ status: 200 });
  // An answer that arrived before the kill is the answer.
  expect(again).toEqual(early ?? again);
  expect(await trigger(second, "key-1")).toEqual(again);
  await eventually("the run ends", () => world.readStates("v_runs", "once")[0] === "success", second);
  expect(world.query("SELECT params FROM dag_runs")).toEqual([{ params: '{"limit":7}' }]);
  expect(world.countEvents("run_requested")).toBe(1);
  await second.stop();
});
