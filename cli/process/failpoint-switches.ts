/** Arms failpoints from the switches of the project's tests: logs each failpoint passed, and kills the process at a chosen one. */
import { appendFileSync } from "node:fs";
import type { TestSwitches } from "../../config/settings/environment.ts";
import { armFailpoints, type FailpointName } from "../../model/failpoint.ts";

/**
 * `crashAt`: `12` is the twelfth failpoint passed since the start, `seal.after:2` the second one of that name. The process
 * ends there by SIGKILL, before the next statement: nothing is flushed, no handler runs.
 */
export function obeySwitches({ crashAt, failpointLog }: TestSwitches): void {
  if (crashAt === undefined && failpointLog === undefined) return;
  const [name, nth] = crashAt?.includes(":") === true ? crashAt.split(":") : [undefined, crashAt];
  let left = Number(nth ?? Infinity);
  armFailpoints((passed: FailpointName) => {
    if (failpointLog !== undefined) appendFileSync(failpointLog, `${passed}\n`);
    if (name !== undefined && name !== passed) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, "SIGKILL");
  });
}
