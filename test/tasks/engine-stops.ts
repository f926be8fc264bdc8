/** Stops an attempt that computes at a failpoint, and finds the processes that it started. */
import { readdirSync, readFileSync } from "node:fs";
import { onTestFinished } from "vitest";
import { armFailpoints, type FailpointName } from "../../model/failpoint.ts";
import type { TableWorld } from "./table-world.ts";

/** The processes that run the engine for this world's attempts. */
export function listEngines({ cookie }: Pick<TableWorld, "cookie">): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "utf8").includes(cookie);
      } catch {
        return false;
      }
    });
}

/** `time`: 2 for the second time that the point is passed. */
export function stopAt(point: FailpointName, act: () => void, time = 1): void {
  let passed = 0;
  armFailpoints((name) => {
    if (name !== point) return;
    passed += 1;
    if (passed === time) act();
  });
  onTestFinished(() => armFailpoints(undefined));
}
