/** A refusal as plain JSON, sent from the scheduler back to the command. */
import type { JsonValue } from "../../model/dag/dag.ts";
import { DagmarError } from "../../model/errors.ts";

/** Enough to raise the error again in the command. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

export function describeRefusal(error: unknown): Refusal & Record<string, JsonValue> {
  if (error instanceof DagmarError) {
    return { code: error.code, message: error.message, hint: error.hint ?? null };
  }
  return { code: "INTERNAL", message: error instanceof Error ? error.message : String(error), hint: null };
}
