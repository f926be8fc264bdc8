/** `dagmar dags pause` and `unpause`: while a Dag is paused no slot becomes a run, whichever process paused it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, openWay, WAYS, type WayWorld } from "../support/service-process.ts";

const EACH_SECOND = `schedule: "* * * * * *"\ncatchup: none\ntasks: { nothing: { type: noop } }\n`;

describe.each(WAYS)("%s", (way) => {
  let world: WayWorld;
  beforeAll(async () => {
    world = await openWay(way, { seconds: EACH_SECOND, others: EACH_SECOND });
  });
  afterAll(() => world.close());

  test("says what holds now, and whether it held before", async () => {
    const say = async (verb: string) => (await world.run(["dags", verb, "seconds"])).stdout;
    expect(await say("unpause")).toBe("seconds was not paused.\n");
    expect(await say("pause")).toBe("seconds is paused.\n");
    expect(await say("pause")).toBe("seconds was paused already.\n");
    expect(world.countEvents("dag_paused")).toBe(1);
    expect(await say("unpause")).toBe("seconds is not paused.\n");
  });

  test("while it is paused only the others run; then it resumes, and the slots between are recorded as skipped", async () => {
    await world.prepare(["dags", "pause", "seconds"]);
    const scheduler = world.scheduler ?? (await world.startScheduler());
    const count = (dagId: string) => world.readStates("v_runs", dagId).length;
    const countSkips = () =>
      world.query("SELECT 1 FROM v_events WHERE kind = 'slots_skipped' AND dag_id = 'seconds'").length;
    const skips = countSkips();
    const [before, others] = [count("seconds"), count("others")];
    await eventually("the others run", () => count("others") > others + 2, scheduler);
    expect(count("seconds")).toBe(before);
    await world.prepare(["dags", "unpause", "seconds"]);
    await eventually("it continues", () => count("seconds") > before + 1, scheduler);
    expect(countSkips()).toBe(skips + 1);
    if (world.scheduler === undefined) await scheduler.stop();
  });

  test("an unknown Dag is refused", async () => {
    const { exitCode, stderr } = await world.run(["dags", "pause", "second"]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/There is no Dag second[\s\S]*did you mean "seconds"/);
  });
});
