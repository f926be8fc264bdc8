/** The exit code of a service that was asked to stop. */
import { CommandRefused, EXIT, type ExitCode } from "../../model/errors.ts";

/** A stop by signal exits with 0; any other end exits with 75, so that a supervisor restarts the service. */
export function judgeDrain(drain: AbortSignal): ExitCode {
  const { reason } = drain as { reason: unknown };
  return reason instanceof CommandRefused && reason.code === "OUTPUT_CLOSED" ? EXIT.tryAgain : EXIT.done;
}
