/** Parts of bodies that several routes share. */
import { z } from "zod";
import type { NewRunWords } from "../../app/runs/order-run.ts";
import type { JsonValue, Params } from "../../model/dag/dag.ts";

export const previewHash = z
  .string()
  .nullish()
  .describe("Of a preview: with 409, nothing was done, because what would be done has changed since.");

/** A body is JSON: each of its values is a `JsonValue`. */
export const givenParams = z.record(
  z.string(),
  z.unknown().transform((value) => value as JsonValue),
);

export function readNewRun(body: {
  readonly logical_date?: string | null | undefined;
  readonly conf?: Params | null | undefined;
  readonly force?: boolean | undefined;
}): NewRunWords {
  return { date: body.logical_date ?? null, params: body.conf ?? {}, isForced: body.force ?? false };
}
