/** Which slots become runs and which are skipped, for each value of catchup. */
import { describe, expect, test } from "vitest";
import { findFirstDue, planSlots, type SlotFacts } from "../../../model/time/catchup.ts";
import { createTimetable } from "../../../model/time/timetable.ts";

const HOURLY = createTimetable("0 * * * *", "UTC", { startAt: null, endAt: null });
const at = (time: string): Date => new Date(`2026-11-23T${time}Z`);

function plan(changes: Partial<SlotFacts>) {
  const { due, skipped, cursor } = planSlots({
    timetable: HOURLY,
    cursor: at("06:00:00"),
    watchedSince: at("00:00:00"),
    now: at("09:00:00"),
    catchup: "none",
    catchupLimit: 100,
    ...changes,
  });
  return {
    due: due.map((slot) => slot.toISOString().slice(11, 16)),
    skipped:
      skipped === null
        ? null
        : `${skipped.count}${skipped.isMore ? "+" : ""} from ${skipped.first.toISOString().slice(11, 16)} to ${skipped.last.toISOString().slice(11, 16)}: ${skipped.reason}`,
    cursor: cursor.toISOString().slice(11, 19),
  };
}

describe("while a scheduler is running", () => {
  test("a slot is due exactly at its instant", () => {
    expect(plan({ cursor: at("08:00:00") })).toEqual({ due: ["09:00"], skipped: null, cursor: "09:00:00" });
  });

  test("a slot is not due a millisecond before", () => {
    expect(plan({ cursor: at("08:00:00"), now: at("08:59:59.999") }).due).toEqual([]);
  });

  test("a handled slot is not due again, however often it is checked", () => {
    expect(plan({ cursor: at("09:00:00"), now: at("09:00:30") })).toEqual({
      due: [],
      skipped: null,
      cursor: "09:00:00",
    });
  });

  test.each(["none", "latest", "all"] as const)(
    "late checks run every due slot, whatever catchup says (%s)",
    (catchup) => {
      expect(plan({ catchup }).due).toEqual(["07:00", "08:00", "09:00"]);
    },
  );
});

describe("missed slots", () => {
  const watchedSince = at("09:00:00");

  test("are all skipped and reported with catchup: none", () => {
    expect(plan({ watchedSince })).toEqual({
      due: [],
      skipped: "3 from 07:00 to 09:00: catchup is none, and no scheduler was running when they were due",
      cursor: "09:00:00",
    });
  });

  test("lead to one run for the newest with catchup: latest", () => {
    expect(plan({ watchedSince, catchup: "latest" })).toEqual({
      due: ["09:00"],
      skipped: "2 from 07:00 to 08:00: catchup is latest, and only the latest slot runs",
      cursor: "09:00:00",
    });
  });

  test("if there is only one, catchup: latest skips nothing", () => {
    expect(plan({ watchedSince, cursor: at("08:00:00"), catchup: "latest" })).toEqual({
      due: ["09:00"],
      skipped: null,
      cursor: "09:00:00",
    });
  });

  test("run oldest first with catchup: all", () => {
    expect(plan({ watchedSince, catchup: "all" })).toEqual({
      due: ["07:00", "08:00", "09:00"],
      skipped: null,
      cursor: "09:00:00",
    });
  });

  test("run up to the limit with catchup: all, and the rest is reported", () => {
    expect(plan({ watchedSince, catchup: "all", catchupLimit: 2 })).toEqual({
      due: ["07:00", "08:00"],
      skipped: "1 from 09:00 to 09:00: catchup_limit is 2",
      cursor: "09:00:00",
    });
  });

  test("come before slots that came due later", () => {
    const facts = { watchedSince: at("07:30:00"), catchup: "all" } as const;
    const missed = plan(facts);
    expect(missed).toEqual({ due: ["07:00"], skipped: null, cursor: "07:30:00" });
    expect(plan({ ...facts, cursor: at(missed.cursor) }).due).toEqual(["08:00", "09:00"]);
  });

  test("do not move the cursor if there are none", () => {
    const facts = { watchedSince: at("06:30:00"), now: at("06:40:00") };
    expect(plan(facts)).toEqual({ due: [], skipped: null, cursor: "06:00:00" });
  });

  test("of a per-second Dag over ten years are counted in bounded time", () => {
    const timetable = createTimetable("* * * * * *", "UTC", { startAt: null, endAt: null });
    const { skipped } = planSlots({
      timetable,
      cursor: new Date("2016-01-01T00:00:00Z"),
      watchedSince: at("09:00:00"),
      now: at("09:00:00"),
      catchup: "latest",
      catchupLimit: 100,
    });
    expect(skipped).toMatchObject({ count: 1_000, isMore: true, last: at("08:59:59") });
  });
});

test.each([
  [1_000, "1000"],
  [1_001, "1000+"],
])("of %i missed slots %s are counted", (count, shown) => {
  const timetable = createTimetable("* * * * * *", "UTC", { startAt: null, endAt: null });
  const cursor = new Date(at("09:00:00").getTime() - count * 1000);
  const { skipped } = plan({ timetable, cursor, watchedSince: at("09:00:00") });
  expect(skipped?.split(" ")[0]).toBe(shown);
});

test("a cursor in the future goes back to now", () => {
  expect(plan({ cursor: at("12:00:00") })).toEqual({ due: [], skipped: null, cursor: "09:00:00" });
});

test("the timetable's bounds apply to missed slots too", () => {
  const timetable = createTimetable("0 * * * *", "UTC", { startAt: at("08:00:00"), endAt: at("08:30:00") });
  expect(plan({ timetable, watchedSince: at("09:00:00"), catchup: "all" }).due).toEqual(["08:00"]);
});

describe("the first slot that is due", () => {
  const hours = Array.from({ length: 6 }, (_, index) => at(`0${index + 4}:30:00`));
  const cases = (["none", "latest", "all"] as const).flatMap((catchup) =>
    [0, 1, 100].map((catchupLimit) => ({ catchup, catchupLimit })),
  );

  test.each(cases)("is the first that is planned, with $catchup up to $catchupLimit", (rule) => {
    for (const cursor of hours) {
      for (const watchedSince of hours) {
        for (const now of [...hours, at("09:00:00")]) {
          const facts = { timetable: HOURLY, cursor, watchedSince, now, ...rule };
          // A plan that only skips, or sets the cursor back, leaves the due slots to the next one.
          let planned = planSlots(facts);
          for (let steps = 0; planned.due.length === 0 && steps < 3 && cursor <= now; steps += 1) {
            planned = planSlots(moveCursor(facts, planned.cursor));
          }
          expect(findFirstDue(facts), JSON.stringify(facts)).toEqual(planned.due[0]);
        }
      }
    }
  });
});

function moveCursor(facts: SlotFacts, cursor: Date): SlotFacts {
  return { ...facts, cursor };
}
