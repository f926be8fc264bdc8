/** What an attempt's end says: the task's id, which stands before every message, is not said twice. */
import { expect, test } from "vitest";
import { TaskFailure, TaskReschedule } from "../../../model/errors.ts";
import { judgeError } from "../../../scheduler/attempts/judge-end.ts";
import { silentLog } from "../../support/test-world.ts";

const fail = (message: string): TaskFailure => new TaskFailure("SHELL_FAILED", message, true);

test.each([
  ["its own name", fail("prepara: the script ended with exit code 3."), "The script ended with exit code 3."],
  ["another task's name", fail("ids: none."), "ids: none."],
  ["a name that only begins alike", fail("prepara_2: none."), "prepara_2: none."],
  ["its own name in a wait", new TaskReschedule("INPUT_NOT_READY", "prepara: not yet.", 5), "Not yet."],
])("a message with %s", (_what, error, message) => {
  expect(judgeError("prepara", error, silentLog)).toMatchObject({ message });
});
