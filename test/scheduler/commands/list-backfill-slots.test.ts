/** The slots of a backfill's range, and what is said of a range that is refused. */
import { expect, test } from "vitest";
import { listBackfillSlots } from "../../../scheduler/commands/list-backfill-slots.ts";
import { makeDag } from "../../support/test-dag.ts";

const FROM = new Date("2026-11-01T00:00:00.000Z");
const after = (seconds: number): Date => new Date(FROM.getTime() + seconds * 1_000);

function list(expression: string | null, to: Date): readonly string[] {
  const schedule = expression === null ? { kind: "manual" as const } : { kind: "cron" as const, expression };
  const dag = makeDag([], { timezone: "UTC", schedule });
  return listBackfillSlots(dag, new Map([[dag.dagId, { definition: dag }]]), FROM, to);
}

test("both ends belong to the range", () => {
  expect(list("0 0 * * *", after(2 * 86_400))).toEqual([
    "2026-11-01T00:00:00.000Z",
    "2026-11-02T00:00:00.000Z",
    "2026-11-03T00:00:00.000Z",
  ]);
});

test("ten thousand slots are a backfill, and one more is not", () => {
  expect(list("* * * * * *", after(9_999))).toHaveLength(10_000);
  expect(() => list("* * * * * *", after(10_000))).toThrow(
    expect.objectContaining({
      code: "BACKFILL_EMPTY",
      message: "The range has more than 10000 slots of test_dag, the limit for one backfill.",
      hint: "Give a shorter range, and backfill the rest afterwards.",
    }),
  );
});

test("a Dag without slots, and a range without one, are refused with the command that helps", () => {
  expect(() => list(null, after(86_400))).toThrow(
    expect.objectContaining({
      code: "BACKFILL_EMPTY",
      message: "test_dag has no slots: it is only started by hand.",
      hint: "`dagmar run test_dag --date …` creates one run.",
    }),
  );
  expect(() => list("0 12 * * *", after(3_600))).toThrow(
    expect.objectContaining({
      code: "BACKFILL_EMPTY",
      message: expect.stringMatching(/^test_dag has no slot from 2026-11-01.* to 2026-11-01.*\.$/) as string,
      hint: "`dagmar dags next test_dag --from …` shows its slots.",
    }),
  );
});
