/** Requests that no client of ours sends, to the whole face over real HTTP: each is answered, and none is a fault. */
import { expect, test } from "vitest";
import { insertBackfill } from "../../../state/runs/backfills.ts";
import { FORM, openAccessWorld } from "../../support/web/access-world.ts";

const BACKFILL = {
  dagId: "daily",
  fromDate: "2026-11-20T09:00:00.000Z",
  toDate: "2026-11-21T09:00:00.000Z",
  reprocess: "none",
  isRefetch: false,
  maxActive: 1,
} as const;

test.each(["1%0A", "1%0D%0A", "%091", "1%00", "0x1", "1e0", "%2B1", "01", "1.0", " 1".replace(" ", "%20")])(
  "cancelling the backfill %j by the form is 404: that is not how its number is written",
  async (id) => {
    const { http, database, lake, clock, log } = await openAccessWorld();
    await database.write((query) => insertBackfill(query, { ...BACKFILL, lake: lake.id }, clock.now()));
    const got = await http(`/backfills/${id}/cancel`, { method: "POST", headers: FORM, body: "" });
    expect([got.status, got.headers["location"]]).toEqual([404, undefined]);
    expect((await http("/backfills/1")).status).toBe(200);
    expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
  },
);

test.each(["%0A", "%0D%0A", "%00", "%E2%86%92", "%ff", "%", "..%2F..", "%20"])(
  "a path with %s as a Dag, run, task or number is a refusal, to GET and to forms",
  async (odd) => {
    const { http, log } = await openAccessWorld();
    for (const path of [
      `/dags/${odd}`,
      `/dags/${odd}/pause`,
      `/dags/${odd}/trigger`,
      `/dags/${odd}/runs/${odd}`,
      `/dags/${odd}/runs/${odd}/clear`,
      `/dags/${odd}/runs/${odd}/cancel`,
      `/dags/${odd}/runs/${odd}/tasks/${odd}/mark`,
      `/backfills/${odd}`,
      `/backfills/${odd}/cancel`,
      `/find?text=${odd}`,
      `/login?next=${odd}`,
      `/api/v2/dags/${odd}`,
      `/api/v2/dags/${odd}/dagRuns/${odd}/wait`,
      `/api/dagmar/runs/${odd}/${odd}/tasks/${odd}/logs/1/raw`,
    ]) {
      for (const method of ["GET", "POST"]) {
        const got = await http(path, { method, headers: method === "POST" ? FORM : {} });
        expect(got.status, `${method} ${path}`).toBeLessThan(500);
      }
    }
    expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
  },
);
