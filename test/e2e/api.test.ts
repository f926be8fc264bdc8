/** `dagmar scheduler` serves the REST API: every call of docs/api.md, next to a running Dag, and only where it may. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ROUTES } from "../../web/api/routes.ts";
import { eventually, untilReady, useServiceWorld, type ServiceWorld } from "../support/service-process.ts";

const PAGE = readFileSync(new URL("../../docs/api.md", import.meta.url), "utf8");
const CALLS = [...PAGE.matchAll(/^```sh\n(curl[^\n]*)\n```$/gm)].map(([, call = ""]) => call);

function openWorld(): ServiceWorld {
  const world = useServiceWorld();
  const ticking = 'schedule: "* * * * * *"\nmax_active_runs: 1\ntasks:\n  one: { type: noop }\n';
  world.writeDag("tmdb_ingest", ticking);
  return world;
}

describe("the REST API of a running scheduler", () => {
  test("answers every call of docs/api.md", async () => {
    const world = useServiceWorld();
    world.writeDag("tmdb_ingest", 'schedule: "0 6 * * *"\ntasks: { one: { type: noop } }\n');
    await world.prepare(["run", "tmdb_ingest", "--date", "2026-11-03"]);
    const scheduler = await world.startScheduler();
    await untilReady(scheduler);
    expect(CALLS.length).toBe(12);
    for (const call of CALLS) {
      const own = call.replaceAll("localhost:8793", new URL(scheduler.url).host);
      const answer = execFileSync("bash", ["-c", `${own} -w '\\n%{http_code}'`], { encoding: "utf8" });
      const [body = "", status] = answer.trim().split(/\n(?=\d+$)/);
      expect(status, call).toBe("200");
      expect(JSON.parse(body), call).toEqual(expect.any(Object));
    }
    const runs = world.query<{ run_type: string; count: number }>(
      "SELECT run_type, count(*) AS count FROM v_runs GROUP BY run_type ORDER BY run_type",
    );
    // A week without the day that has a run, and the trigger.
    expect(runs).toEqual([
      { run_type: "backfill", count: 6 },
      { run_type: "manual", count: 2 },
    ]);
    await scheduler.stop();
  });

  test("shows what the commands show, while the Dag runs", async () => {
    const world = openWorld();
    const scheduler = await world.startScheduler();
    await eventually("three runs", () => world.readStates("v_runs", "tmdb_ingest").length >= 3, scheduler);
    const answer = (await (
      await fetch(`${scheduler.url}/api/v2/dags/tmdb_ingest/dagRuns?order_by=logical_date&limit=3`)
    ).json()) as { dag_runs: { dag_run_id: string; state: string }[] };
    const rows = world.query<{ run_id: string }>(
      "SELECT run_id FROM v_runs WHERE dag_id = 'tmdb_ingest' ORDER BY logical_date LIMIT 3",
    );
    expect(answer.dag_runs.map((run) => run.dag_run_id)).toEqual(rows.map((row) => row.run_id));
    const health = await (await fetch(`${scheduler.url}/api/v2/monitor/health`)).json();
    expect(health).toMatchObject({ scheduler: { status: "healthy" } });
    const problem = await fetch(`${scheduler.url}/api/v2/dags/nada`);
    const { type } = (await problem.json()) as { type: string };
    expect(await (await fetch(scheduler.url + type)).text()).toContain(
      "The Dag folder has no Dag of that name.",
    );
    await scheduler.stop();
  });

  test("refuses every method that a path does not have", async () => {
    const world = openWorld();
    const scheduler = await world.startScheduler();
    for (const path of new Set(ROUTES.map((route) => route.path))) {
      const own = path.replaceAll(/\{\w+\}/g, "tmdb_ingest");
      const known = ROUTES.filter((route) => route.path === path).map(({ method }) => method as string);
      for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"].filter((one) => !known.includes(one))) {
        const reply = await fetch(scheduler.url + own, { method });
        expect(reply.status, `${method} ${own}`).toBe(405);
        expect(reply.headers.get("allow")?.split(", ").toSorted(), own).toEqual(known.toSorted());
      }
    }
    await scheduler.stop();
  });

  test("answers 403 to a page of another site", async () => {
    const world = openWorld();
    const local = await world.startScheduler();
    const foreign = execFileSync(
      "curl",
      ["-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Host: evil.example", `${local.url}/api/v2/dags`],
      { encoding: "utf8" },
    );
    expect(foreign).toBe("403");
    await local.stop();
  });
});
