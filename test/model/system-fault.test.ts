/** Errors of the operating system as text, with what to do; of every other error nothing is said. */
import { expect, test } from "vitest";
import { describeError, StateError } from "../../model/errors.ts";
import { explainSystemFault } from "../../model/system-fault.ts";

const fail = (code: string, more: object = {}): Error =>
  Object.assign(new Error("failed"), { code, ...more });

test.each([
  [fail("EMFILE"), "TOO_MANY_FILES", /\(EMFILE\)\.$/, /ulimit -n/],
  [fail("ENFILE"), "TOO_MANY_FILES", /\(ENFILE\)\.$/, /fs\.file-max/],
  [fail("ENOENT", { syscall: "uv_cwd" }), "FOLDER_GONE", /working directory/, /Change to/],
  [
    fail("ENOSPC", { path: "/data/x" }),
    "MACHINE_SHORT",
    /^No space is left \(ENOSPC\): \/data\/x\.$/,
    /Free some space/,
  ],
  [fail("EIO"), "MACHINE_SHORT", /^The disk could not read or write \(EIO\)\.$/, /Free some space/],
  [new Error("outer", { cause: fail("ENOSPC") }), "MACHINE_SHORT", /^No space is left/, /Free some space/],
])("%s is %s", (error, code, message, hint) => {
  expect(explainSystemFault(error)).toEqual({
    code,
    message: expect.stringMatching(message) as string,
    hint: expect.stringMatching(hint) as string,
  });
});

test.each([fail("ENOENT"), fail("EACCES"), new Error("our own"), "ENOSPC", undefined])(
  "%s is no such fault",
  (error) => {
    expect(explainSystemFault(error)).toBeUndefined();
  },
);

test("any error is one line, with its hint if it has one", () => {
  expect(describeError(new StateError("LEASE_LOST", "Lost.", { hint: "Stop." }))).toBe("Lost. Stop.");
  expect(describeError(new StateError("LEASE_LOST", "Lost."))).toBe("Lost.");
  expect([new Error("plain"), "a text", 7].map(describeError)).toEqual(["plain", "a text", "7"]);
});
