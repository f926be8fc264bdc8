/** Why an attempt's signal is aborted, other than by its own time-out. Tasks read it from `signal.reason`. */
import type { StopReason } from "../../model/run/dag-run.ts";

/** The process drains. */
export class DrainRequested extends Error {}

/** The attempt's run is being stopped. */
export class RunStopped extends Error {
  readonly code: "RUN_CANCELLED" | "RUN_TIMED_OUT";

  constructor(reason: StopReason) {
    super(`the run is being stopped: ${reason}`);
    this.code = reason === "cancelled" ? "RUN_CANCELLED" : "RUN_TIMED_OUT";
  }
}
