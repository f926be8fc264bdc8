/** The service's benchmarks measure what they say: the invented history, the simulated minutes, the lower bounds. */
import { describe, expect, it, onTestFinished } from "vitest";
import { openBareCommits } from "../../bench/bare-commits.ts";
import { openGround, type Ground } from "../../bench/ground.ts";
import { writeHistory } from "../../bench/history.ts";
import { startMinuteService } from "../../bench/minute-service.ts";
import { reportRuns } from "../../state/reports.ts";
import { sql, nameOf } from "../../state/sqlite/statement.ts";
import { createHandClock, type HandClock } from "../support/hand-clock.ts";
import { makeDag, makeTask } from "../support/test-dag.ts";
import { makeTempFolder } from "../support/test-world.ts";

const DAG = makeDag([makeTask("first"), makeTask("second", { needs: ["first"] })], {
  dagId: "each_minute",
  schedule: { kind: "cron", expression: "* * * * *" },
  timezone: "UTC",
});

async function open(clock: HandClock = createHandClock()): Promise<Ground> {
  const ground = await openGround(makeTempFolder(), clock);
  onTestFinished(() => ground.close());
  return ground;
}

const listRuns = ({ tools }: Ground): readonly unknown[] =>
  reportRuns(tools.database, { limit: 9 }).map((row) => [row["run_id"], row["state"], row["tasks"]]);

describe("a history", () => {
  it("is that of runs that have succeeded, one a minute, the last one when it is said to be", async () => {
    const ground = await open();
    await writeHistory(ground.tools.database, DAG, 3, new Date("2026-11-23T09:00:00Z"));
    expect(listRuns(ground)).toEqual([
      ["scheduled__2026-11-23T09:00:00.000Z", "success", 2],
      ["scheduled__2026-11-23T08:59:00.000Z", "success", 2],
      ["scheduled__2026-11-23T08:58:00.000Z", "success", 2],
    ]);
    const rows = (table: string): readonly unknown[] =>
      ground.tools.database.all(sql`SELECT 1 FROM ${nameOf(table)}`);
    expect(rows("attempts")).toHaveLength(6);
    expect(
      ground.tools.database.all(sql`SELECT success_order AS place FROM dag_runs ORDER BY logical_date`),
    ).toEqual([{ place: 1 }, { place: 2 }, { place: 3 }]);
    expect(ground.tools.database.check()).toEqual([]);
  });
});

describe("a minute", () => {
  it("brings nothing until it strikes, and then a run of each Dag, to its end", async () => {
    const clock = createHandClock();
    const ground = await open(clock);
    const service = await startMinuteService(ground, clock, [DAG, { ...DAG, dagId: "another" }]);
    onTestFinished(() => service.stop());
    await service.approach();
    expect(listRuns(ground)).toEqual([]);
    expect(await service.strike()).toBeGreaterThan(0);
    const run = ["scheduled__2026-11-23T09:01:00.000Z", "success", 2];
    expect(listRuns(ground)).toEqual([run, run]);
    await service.approach();
    await service.strike();
    expect(listRuns(ground)).toHaveLength(4);
  });

  it("is one more than the past has, where there is one", async () => {
    const clock = createHandClock();
    const ground = await open(clock);
    await writeHistory(ground.tools.database, DAG, 2, clock.now());
    const service = await startMinuteService(ground, clock, [DAG]);
    onTestFinished(() => service.stop());
    await service.approach();
    await service.strike();
    expect(listRuns(ground)).toHaveLength(3);
    expect(listRuns(ground)[0]).toEqual(["scheduled__2026-11-23T09:01:00.000Z", "success", 2]);
  });
});

describe("bare commits", () => {
  it("are as durable as those that they are the floor of, and as many as were asked for", async () => {
    const ground = await open();
    const { database } = ground.tools;
    const bare = openBareCommits(ground.databaseFile);
    onTestFinished(() => bare.close());
    const readState = () => database.get<{ state: string }>(sql`SELECT state FROM bench`)?.state;
    expect(bare.synchronous).toBe(2);
    expect(bare.measure(1)).toBeGreaterThan(0);
    expect(readState()).toBe("running");
    bare.measure(2);
    expect(readState()).toBe("success");
  });
});
