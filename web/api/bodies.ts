/** Parts of bodies that several routes share. */
import { z } from "zod";
import type { NewRunWords } from "../../app/runs/order-run.ts";
import type { JsonValue, Params } from "../../model/dag/dag.ts";

export const previewHash = z
  .string()
  .nullish()
  .describe("Of a preview: with 409, nothing was done, because what would be done has changed since.");

/** Fields of Airflow's bodies that ask for what Dagmar does not do: any other value is refused with the reason. */
export function onlyFalse(reason: string) {
  return z.literal(false, reason).nullish();
}

export function onlyTrue(reason: string) {
  return z.literal(true, reason).nullish();
}

export function onlyNull(reason: string) {
  return z.null(reason).optional();
}

/** A body is JSON: each of its values is a `JsonValue`. */
const givenParams = z.record(
  z.string(),
  z.unknown().transform((value) => value as JsonValue),
);

export const newRunFields = {
  logical_date: z
    .string()
    .nullish()
    .describe("An instant, or a day in the Dag's zone, as --date of the commands; null or absent: now."),
  conf: givenParams.nullish().describe("Overrides params of the Dag."),
  force: z.boolean().nullish().describe("Dagmar's own: also for a date after the Dag's next slot."),
} as const;

export function readNewRun(body: {
  readonly logical_date?: string | null | undefined;
  readonly conf?: Params | null | undefined;
  readonly force?: boolean | null | undefined;
}): NewRunWords {
  return { date: body.logical_date ?? null, params: body.conf ?? {}, isForced: body.force ?? false };
}
