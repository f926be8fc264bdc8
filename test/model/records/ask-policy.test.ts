/** Which ids a run asks, in which generation and in which order. */
import { describe, expect, test } from "vitest";
import {
  createAskPlanner,
  decideAsk,
  type AskLimit,
  type AskPolicy,
  type KnownId,
} from "../../../model/records/ask-policy.ts";

const DAY_SECONDS = 86_400;
const POLICY: AskPolicy = {
  logicalDate: "2026-11-23T09:00:00.000Z",
  runStamp: "20261123T090000000Z",
  recheckAfterSeconds: 7 * DAY_SECONDS,
  refreshAfterSeconds: null,
  refetchGeneration: null,
};

const UNKNOWN: KnownId = {
  askedId: "tt0000001",
  outcome: null,
  isPermanent: false,
  logicalDate: null,
  generation: null,
  isSpooled: false,
  isRemoved: false,
};

function decided(outcome: KnownId["outcome"], logicalDate: string, more: Partial<KnownId> = {}): KnownId {
  return { ...UNKNOWN, outcome, logicalDate, generation: "0", isPermanent: outcome !== "failed", ...more };
}

const TODAY = POLICY.logicalDate;
const WEEK_AGO = "2026-11-16T09:00:00.000Z";
const ALMOST_WEEK_AGO = "2026-11-16T09:00:00.001Z";
const YEARS_AGO = "2020-01-01T00:00:00.000Z";
const NEXT_WEEK = "2026-11-30T09:00:00.000Z";

describe("an ordinary run", () => {
  test.each([
    ["a new id is asked in the first generation", UNKNOWN, "0"],
    ["an answer that lies in the spool is not asked again", { ...UNKNOWN, isSpooled: true }, undefined],
    ["a stored id is never asked again", decided("stored", YEARS_AGO), undefined],
    ["a failure of the moment is asked again at once", decided("failed", TODAY), "0"],
    [
      "a transient failure keeps its generation",
      decided("failed", TODAY, { generation: "20261101T000000000Z" }),
      "20261101T000000000Z",
    ],
    ["not found today is not asked again today", decided("not_found", TODAY), undefined],
    ["not found less than a week ago is not asked", decided("not_found", ALMOST_WEEK_AGO), undefined],
    ["not found exactly a week ago is asked", decided("not_found", WEEK_AGO), "0"],
    [
      "a permanent failure of today is not asked again today",
      decided("failed", TODAY, { isPermanent: true }),
      undefined,
    ],
    [
      "an id whose object was removed by hand is not asked, however long ago",
      decided("failed", YEARS_AGO, { isPermanent: true, isRemoved: true }),
      undefined,
    ],
    ["what failed for good a week ago is asked", decided("failed", WEEK_AGO, { isPermanent: true }), "0"],
    [
      "an id that a later logical date did not find is not asked for an older one",
      decided("not_found", NEXT_WEEK),
      undefined,
    ],
    [
      "a recheck stays in the generation of its decision",
      decided("not_found", WEEK_AGO, { generation: "20261101T000000000Z" }),
      "20261101T000000000Z",
    ],
  ] as const)("%s", (_, known, generation) => {
    expect(decideAsk(known, POLICY)).toBe(generation);
  });

  test("a recheck after 0 seconds still asks only once per logical date", () => {
    const policy = { ...POLICY, recheckAfterSeconds: 0 };
    expect(decideAsk(decided("not_found", TODAY), policy)).toBeUndefined();
    expect(decideAsk(decided("not_found", ALMOST_WEEK_AGO), policy)).toBe("0");
  });
});

describe("refresh", () => {
  const policy = { ...POLICY, refreshAfterSeconds: 7 * DAY_SECONDS };

  test.each([
    ["a week old is asked again, in a generation of this run", decided("stored", WEEK_AGO), POLICY.runStamp],
    ["not yet a week old is not asked", decided("stored", ALMOST_WEEK_AGO), undefined],
    ["of a later logical date is not asked", decided("stored", NEXT_WEEK), undefined],
    ["already in the spool is not asked", decided("stored", WEEK_AGO, { isSpooled: true }), undefined],
  ] as const)("a stored id %s", (_, known, generation) => {
    expect(decideAsk(known, policy)).toBe(generation);
  });

  test("a refresh after 0 seconds asks once per logical date", () => {
    const eager = { ...POLICY, refreshAfterSeconds: 0 };
    expect(decideAsk(decided("stored", TODAY, { generation: POLICY.runStamp }), eager)).toBeUndefined();
    expect(decideAsk(decided("stored", ALMOST_WEEK_AGO), eager)).toBe(POLICY.runStamp);
  });
});

describe("refetch", () => {
  const generation = "20261123T090000000Z-0002";
  const policy = { ...POLICY, refetchGeneration: generation, refreshAfterSeconds: 0 };

  test.each([
    ["never asked", UNKNOWN, generation],
    ["stored", decided("stored", TODAY), generation],
    ["not found today", decided("not_found", TODAY), generation],
    ["stored by an earlier refetch", decided("stored", TODAY, { generation: POLICY.runStamp }), generation],
    ["removed by hand", decided("failed", TODAY, { isPermanent: true, isRemoved: true }), generation],
    [
      "removed from this very generation",
      decided("failed", WEEK_AGO, { generation, isRemoved: true }),
      undefined,
    ],
    ["stored in this very generation", decided("stored", WEEK_AGO, { generation }), undefined],
    ["not found in this very generation", decided("not_found", TODAY, { generation }), undefined],
    ["failed for the moment in this very generation", decided("failed", TODAY, { generation }), generation],
    ["spooled", decided("stored", TODAY, { isSpooled: true }), undefined],
  ] as const)("an id %s is asked in the new generation at most once", (_, known, expected) => {
    expect(decideAsk(known, policy)).toBe(expected);
  });
});

describe("the plan", () => {
  const ids = Array.from({ length: 6 }, (_, index) => ({ ...UNKNOWN, askedId: `tt000000${index}` }));
  const known = ids.map((id, index) =>
    index === 1 ? decided("stored", TODAY, { askedId: id.askedId }) : id,
  );
  const plan = (candidates: readonly KnownId[], limit: AskLimit) => {
    const planner = createAskPlanner(candidates.length, POLICY, limit);
    candidates.every((id, position) => planner.add({ ...id, position }));
    return Array.from({ length: planner.size }, (_, index) => planner.at(index));
  };
  const plannedIds = (limit: AskLimit, candidates = known) =>
    plan(candidates, limit).map((id) => candidates[id?.position ?? -1]?.askedId);

  test("without a limit holds every id to ask, in the candidates' order", () => {
    expect(plan(known, { max: null, alreadyDecided: 99 })).toEqual(
      [0, 2, 3, 4, 5].map((position) => ({ position, generation: "0" })),
    );
  });

  test("keeps each id's generation, and says which failed", () => {
    const failed = decided("failed", TODAY, { generation: "20261101T000000000Z" });
    const planned = plan([failed, ...known.slice(0, 1), failed], { max: null, alreadyDecided: 0 });
    const { generation } = failed;
    expect(planned).toEqual([
      { position: 1, generation: "0" },
      { position: 0, generation, hasFailed: true },
      { position: 2, generation, hasFailed: true },
    ]);
  });

  test("counts only the ids to ask against the limit, not skipped ones", () => {
    expect(plannedIds({ max: 2, alreadyDecided: 0 })).toEqual(["tt0000000", "tt0000002"]);
  });

  test("puts transient failures last, while the limit follows the candidates' order", () => {
    const failedFirst = known.map((id, index) =>
      index === 0 ? decided("failed", TODAY, { askedId: id.askedId }) : id,
    );
    const askIds = (max: number | null) => plannedIds({ max, alreadyDecided: 0 }, failedFirst);
    expect(askIds(null)).toEqual(["tt0000002", "tt0000003", "tt0000004", "tt0000005", "tt0000000"]);
    expect(askIds(2)).toEqual(["tt0000002", "tt0000000"]);
  });

  test.each([
    [3, 1, 2],
    [3, 3, 0],
    [3, 5, 0],
    [50, 1, 5],
  ])("under a limit of %i with %i decided asks %i more", (max, alreadyDecided, count) => {
    expect(plannedIds({ max, alreadyDecided })).toHaveLength(count);
  });
});
