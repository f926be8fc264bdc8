/** An examination ends in time and with a finding for each check, whatever its checks do; and what single checks conclude. */
import { describe, expect, test } from "vitest";
import { CHECK_LIMIT_MS, examine, type Check } from "../../../app/doctor/examine.ts";
import { examineNode } from "../../../app/doctor/examine-node.ts";
import { CommandRefused } from "../../../model/errors.ts";
import type { Finding } from "../../../model/ports/examination.ts";
import { createHandClock } from "../../support/hand-clock.ts";

const fine = (what: string): Finding => ({ what, state: "ok", says: "fine", todo: null });

test("a check that hangs, throws or rejects is a finding, and the others are examined all the same", async () => {
  const clock = createHandClock();
  let isStopped = false;
  const checks: readonly Check[] = [
    {
      what: "hangs",
      run: (signal) =>
        new Promise(() => {
          signal.addEventListener("abort", () => (isStopped = true));
        }),
    },
    {
      what: "throws",
      run: () => {
        throw new TypeError("of another kind");
      },
    },
    {
      what: "rejects",
      run: () => Promise.reject(new CommandRefused("USAGE", "It is refused.", { hint: "Ask otherwise." })),
    },
    { what: "works", run: async () => [fine("works"), fine("works too")] },
  ];
  const examined = examine(checks, clock);
  await clock.untilSleeping(CHECK_LIMIT_MS, CHECK_LIMIT_MS);
  await clock.advance(CHECK_LIMIT_MS);
  expect(await examined).toEqual([
    {
      what: "hangs",
      state: "fail",
      says: "no answer within 15 s; the check was given up",
      todo: "Check the network or the disk behind it.",
    },
    { what: "throws", state: "fail", says: "of another kind", todo: null },
    { what: "rejects", state: "fail", says: "It is refused", todo: "Ask otherwise." },
    fine("works"),
    fine("works too"),
  ]);
  expect(isStopped).toBe(true);
  expect(clock.sleepers).toBe(0);
});

describe("Node", () => {
  test.each([
    ["20.19.0", "2026-04-30T23:00:00Z", "ok"],
    ["20.20.2", "2026-05-01T00:00:00Z", "warn"],
    ["22.21.0", "2026-11-28T00:00:00Z", "ok"],
    ["22.21.0", "2027-05-01T00:00:00Z", "warn"],
    ["26.1.0", "2026-11-28T00:00:00Z", "ok"],
    ["30.0.0", "2031-01-01T00:00:00Z", "ok"],
  ])("%s on %s is %s", (version, now, state) => {
    const [finding] = examineNode(version, "3.53.2", new Date(now));
    expect(finding).toMatchObject({ what: "node", state });
    expect(finding?.says).toContain(`Node ${version}, SQLite 3.53.2`);
    expect(finding?.todo === null).toBe(state === "ok");
  });
});
