/** Which of two versions of a table is the newer one. */
import { expect, test } from "vitest";
import { isNewer } from "../../../model/records/table-identity.ts";

const [MONDAY, TUESDAY] = ["2026-11-23T03:00:00.000Z", "2026-11-24T03:00:00.000Z"] as const;

test.each([
  ["newer inputs", [TUESDAY, MONDAY], [MONDAY, TUESDAY], true],
  ["older inputs", [MONDAY, TUESDAY], [TUESDAY, MONDAY], false],
  ["the same inputs by a later run", [MONDAY, TUESDAY], [MONDAY, MONDAY], true],
  ["the same inputs by an earlier run", [MONDAY, MONDAY], [MONDAY, TUESDAY], false],
  ["the same inputs by a run of the same date", [MONDAY, MONDAY], [MONDAY, MONDAY], false],
] as const)("%s", (_what, [inputsDate, logicalDate], [otherInputs, otherRun], expected) => {
  const other = { inputsDate: otherInputs, logicalDate: otherRun };
  expect(isNewer({ inputsDate, logicalDate }, other)).toBe(expected);
});
