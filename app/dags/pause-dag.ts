/** Pauses a Dag's schedule, or unpauses it. */
import { nameDag } from "../../scheduler/commands/named-dag.ts";
import type { App } from "../app.ts";
import { carryOut, onlyDag } from "../lease-work.ts";

/** `false` if it was in that state already. Raises `DAG_UNKNOWN`, `DAG_INVALID`. */
export async function pauseDag(
  app: App,
  dagId: string,
  isPaused: boolean,
  drain: AbortSignal,
): Promise<boolean> {
  const version = app.pickDag(await app.loadDags(), dagId);
  const request = { dag: nameDag(version), isPaused };
  const { answer } = await carryOut(app, { kind: "pause", request }, drain, onlyDag(version));
  return answer.changed;
}
