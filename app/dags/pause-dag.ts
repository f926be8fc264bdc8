/** Pauses a Dag's schedule, or unpauses it. */
import type { App } from "../app.ts";
import { carryOut } from "../lease-work.ts";

/** `false` when it is in that state already. Raises `DAG_UNKNOWN`, `DAG_INVALID`. */
export async function pauseDag(
  app: App,
  dagId: string,
  isPaused: boolean,
  drain: AbortSignal,
): Promise<boolean> {
  const { definition, fingerprint } = await app.loadDag(dagId);
  const request = { version: { definition, fingerprint }, isPaused };
  const { answer } = await carryOut(app, { kind: "pause", request }, drain);
  return answer.changed;
}
