/** The schema of what a route takes is made once, and not for each request. */
import { expect, test } from "vitest";
import { readInput } from "../../../web/api/read-input.ts";
import { listDagRuns } from "../../../web/api/v2/dag-runs.ts";

test("the second request of a route is checked by the schema of the first", () => {
  let looks = 0;
  const route = new Proxy(listDagRuns, {
    get(target, name, receiver) {
      if (name === "search") looks += 1;
      return Reflect.get(target, name, receiver) as unknown;
    },
  });
  for (const limit of ["1", "2"]) {
    expect(readInput(route, { dag_id: "a" }, `?limit=${limit}`).search["limit"]).toBe(Number(limit));
  }
  expect(looks).toBe(1);
});
