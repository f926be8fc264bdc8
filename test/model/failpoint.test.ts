/** Failpoints call what was armed, with their name, until they are disarmed. */
import { expect, onTestFinished, test } from "vitest";
import { armFailpoints, failpoint } from "../../model/failpoint.ts";

test("each failpoint that is passed is reported while they are armed", () => {
  onTestFinished(() => armFailpoints(undefined));
  const passed: string[] = [];
  failpoint("seal.before");
  armFailpoints((name) => passed.push(name));
  failpoint("seal.before");
  failpoint("seal.after");
  armFailpoints(undefined);
  failpoint("spool.before");
  expect(passed).toEqual(["seal.before", "seal.after"]);
});
