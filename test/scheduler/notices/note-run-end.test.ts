/** Which ends of runs get a notice, and its text. */
import { describe, expect, test } from "vitest";
import { openTestWorld } from "../../support/test-world.ts";
import { openRunEnds, TO_WEBHOOK, type RunEnds } from "../notice-world.ts";

async function openEnds(after: number, targets = TO_WEBHOOK): Promise<RunEnds> {
  const { database } = await openTestWorld();
  return openRunEnds(database, { after, targets });
}

/** `F` failed, `S` success, `C` cancelled; returns the notices' kinds and counts at their runs. */
async function play(ends: RunEnds, letters: string): Promise<readonly string[]> {
  const told: string[] = [];
  for (const letter of letters) {
    const before = ends.notices().length;
    await ends.end(letter === "F" ? "failed" : letter === "S" ? "success" : "cancelled");
    const made = ends.notices().slice(before);
    told.push(
      made.length === 0 ? "-" : made.map(({ kind, failures }) => `${kind} ${failures}`).join(" and "),
    );
  }
  return told;
}

test.each([
  [1, "S", "-"],
  [1, "F", "failure 1"],
  [1, "FFF", "failure 1,-,-"],
  [1, "FS", "failure 1,recovery 1"],
  [1, "FFFS", "failure 1,-,-,recovery 3"],
  [1, "FSFS", "failure 1,recovery 1,failure 1,recovery 1"],
  [1, "FSS", "failure 1,recovery 1,-"],
  [2, "FS", "-,-"],
  [3, "FFFFS", "-,-,failure 3,-,recovery 4"],
  [3, "FFSFFF", "-,-,-,-,-,failure 3"],
  [2, "FCFCS", "-,-,failure 2,-,recovery 2"],
  [2, "CCFC", "-,-,-,-"],
] as const)("after %i, the ends %s make the notices %s", async (after, letters, told) => {
  expect((await play(await openEnds(after), letters)).join(",")).toBe(told);
});

describe("a streak", () => {
  test("counts one Dag only", async () => {
    const ends = await openEnds(2);
    await ends.end("failed", { dagId: "a" });
    await ends.end("failed", { dagId: "b" });
    expect(ends.notices()).toEqual([]);
    await ends.end("success", { dagId: "b" });
    await ends.end("failed", { dagId: "a" });
    expect(ends.notices()).toMatchObject([{ dagId: "a", kind: "failure", failures: 2 }]);
  });

  test("follows the order in which runs end, not their dates", async () => {
    const ends = await openEnds(2);
    const late = new Date("2026-11-23T23:00:00Z");
    // Due first, ended last.
    await ends.end("failed", { instant: late });
    await ends.end("success");
    expect(await play(ends, "F")).toEqual(["failure 2"]);
  });

  test("follows the order of the runs if their ends share a millisecond", async () => {
    const ends = await openEnds(2);
    const instant = new Date("2026-11-23T09:00:30Z");
    for (const state of ["failed", "success", "failed"] as const) await ends.end(state, { instant });
    expect(ends.notices()).toEqual([]);
    await ends.end("failed", { instant });
    expect(ends.notices()).toMatchObject([{ failures: 2 }]);
  });

  test("counts runs and not attempts: one that is cleared and fails again is one failure", async () => {
    const ends = await openEnds(2);
    const run = await ends.end("failed");
    await ends.endAgain(run, "failed");
    expect(ends.notices()).toEqual([]);
  });

  test("gets one notice, also if its last run is cleared and fails again", async () => {
    const ends = await openEnds(1);
    const run = await ends.end("failed");
    await ends.endAgain(run, "failed");
    expect(ends.notices()).toHaveLength(1);
  });

  test("ends with a run that is cleared and succeeds", async () => {
    const ends = await openEnds(1);
    const run = await ends.end("failed");
    await ends.endAgain(run, "success");
    expect(ends.notices()).toMatchObject([{ kind: "failure" }, { kind: "recovery", failures: 1 }]);
  });

  test("gets a late notice if the limit is lowered below the present count", async () => {
    const ends = await openEnds(5);
    expect(await play(ends, "FFF")).toEqual(["-", "-", "-"]);
    await ends.end("failed", { settings: { after: 2 } });
    expect(ends.notices()).toMatchObject([{ kind: "failure", failures: 4 }]);
  });
});

describe("without a target", () => {
  test("no notice is created", async () => {
    const ends = await openEnds(1, []);
    expect(await play(ends, "FFSF")).toEqual(["-", "-", "-", "-"]);
  });

  test("a success gets no notice; failures after it do once there is a webhook again", async () => {
    const ends = await openEnds(1);
    await ends.end("failed");
    await ends.end("success", { settings: { targets: [] } });
    await ends.end("failed");
    expect(ends.notices().map(({ kind, failures }) => `${kind} ${failures}`)).toEqual([
      "failure 1",
      "failure 1",
    ]);
  });
});

describe("a message", () => {
  test("names the Dag, the count, the run and the task that failed first", async () => {
    const ends = await openEnds(2);
    await ends.end("failed");
    await ends.end("failed", { failedTasks: { movies: 'no file "movies.csv"', series: "later" } });
    await ends.end("success");
    expect(ends.notices().map(({ message }) => message)).toEqual([
      'csv_ingest failed 2 times in a row, last in csv_ingest/scheduled__2026-11-23T09:02:00.000Z: movies: no file "movies.csv"',
      "csv_ingest has recovered after 2 failures: csv_ingest/scheduled__2026-11-23T09:03:00.000Z",
    ]);
  });

  test("contains only the facts that exist", async () => {
    const ends = await openEnds(1);
    await ends.end("failed");
    await ends.end("success");
    await ends.end("failed", { failedTasks: { movies: null } });
    expect(ends.notices().map(({ message }) => message)).toEqual([
      "csv_ingest/scheduled__2026-11-23T09:01:00.000Z failed",
      "csv_ingest has recovered after 1 failure: csv_ingest/scheduled__2026-11-23T09:02:00.000Z",
      "csv_ingest/scheduled__2026-11-23T09:03:00.000Z failed: movies",
    ]);
  });

  test("is cut between two characters, and says how much is missing", async () => {
    const ends = await openEnds(1);
    await ends.end("failed", { failedTasks: { movies: "🎬".repeat(501) } });
    const [notice] = ends.notices();
    expect(notice?.message.endsWith(`movies: ${"🎬".repeat(500)}… (1 more character)`)).toBe(true);
  });
});
