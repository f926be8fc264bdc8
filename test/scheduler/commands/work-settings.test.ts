/** A command whose settings are not the scheduler's is refused, with what differs. */
import { expect, test } from "vitest";
import { assertSameSettings, refuseVersion } from "../../../scheduler/commands/work-settings.ts";

const OWN = { lake: "s3://own", input: "/own/input", dags: "/own/dags" };
const ASKED = { dagId: "a", fingerprint: "0123456789abcdef" };

test.each([
  [{ lake: "s3://other" }, "its lake is s3://own, here it is s3://other."],
  [{ input: "/other" }, "its input folder is /own/input, here it is /other."],
  [
    { lake: "s3://other", input: "/other" },
    "its lake is s3://own, here it is s3://other; its input folder is /own/input, here it is /other.",
  ],
])("%j", (changes, differs) => {
  const assert = (): void => assertSameSettings({ ...OWN, ...changes }, OWN);
  expect(assert).toThrow(
    expect.objectContaining({
      code: "SETTINGS_DIFFER",
      message: `A scheduler is running with other settings: ${differs}`,
      hint: "Nothing was done. Run the command with the scheduler's settings, or stop the scheduler.",
    }),
  );
});

test("the same lake and input are enough", () => {
  expect(() => assertSameSettings({ ...OWN, dags: "/other" }, OWN)).not.toThrow();
});

test("another version of a Dag file is refused with both fingerprints and both folders", () => {
  expect(refuseVersion(ASKED, undefined, OWN, OWN)).toMatchObject({
    code: "SETTINGS_DIFFER",
    message:
      "The scheduler has read another version of the Dag file: it has no valid Dag a, here it is 0123456789ab (its Dag folder is /own/dags).",
    hint: "Nothing was done. Both must read the same file, with the same DAGMAR_TIMEZONE and DAGMAR_POOLS.",
  });
  expect(refuseVersion(ASKED, "fedcba9876543210", { ...OWN, dags: "/other" }, OWN).message).toBe(
    "The scheduler has read another version of the Dag file: its a is fedcba987654, here it is 0123456789ab (its Dag folder is /own/dags, here /other).",
  );
});
