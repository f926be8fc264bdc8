/** A refusal of the scheduler, as an error of the process or thread that asked. */
import { CommandRefused, isErrorCode } from "../model/errors.ts";
import type { Refusal } from "../scheduler/commands/refusal.ts";

/** Returns the error, for its caller to throw. */
export function raiseRefusal({ code, message, hint }: Refusal): CommandRefused {
  return new CommandRefused(isErrorCode(code) ? code : "INTERNAL", message, hint === null ? {} : { hint });
}
