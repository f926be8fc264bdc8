/** The options of a tmdb-to-lake task in a Dag file. */
import { z } from "zod";
import { datasetOption, durationOption } from "../options.ts";
import { APPEND_NAMES, findAppendFault } from "./append-names.ts";
import { findLanguageFault } from "./language.ts";

const fields = z.strictObject({
  dataset: datasetOption.describe("Name of the records; at most one task of a dataset runs at a time."),
  entity: z.enum(["movie", "series"]).describe("What the ids are."),
  key: z
    .string()
    .min(1)
    .describe(
      "Key of each object; holds ${run_stamp} and ${seq}. Manifests are stored next to them as .manifest-….lake",
    ),
  language: z
    .string()
    .superRefine((language, context) => {
      const message = findLanguageFault(language);
      if (message !== undefined) context.addIssue({ code: "custom", message });
    })
    .default("en-US")
    .describe("TMDB's `language`."),
  append: z
    .array(z.enum(APPEND_NAMES))
    .max(20)
    .default([])
    .describe(
      "TMDB's `append_to_response`, at most 20 names. Another set is another question: all ids are asked again.",
    ),
  ids_from: z
    .string()
    .optional()
    .describe("The upstream csv-to-ids task; may be left out where the task needs only one."),
  limit: z
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe("How many ids one run asks for; the others remain."),
  concurrency: z.int().min(1).max(64).default(16).describe("How many requests at the same time."),
  rate_per_second: z
    .number()
    .positive()
    .optional()
    .describe(
      "How many requests a second. The process has one limiter: the lowest of TMDB_RATE_PER_SECOND and of the running tasks' values applies to all.",
    ),
  recheck_after: durationOption
    .default(7 * 86_400)
    .describe("Ids that were not found, or failed for good, are asked again after this long."),
  refresh_after: durationOption
    .optional()
    .describe("Stored ids are asked again after this long; never by default."),
  max_failed: z
    .int()
    .min(0)
    .default(0)
    .describe("How many ids may fail in a run; if more fail, the task fails."),
});

export const optionsSchema = fields.superRefine(({ append, entity }, context) => {
  for (const [index, name] of append.entries()) {
    const message = findAppendFault(name, entity);
    if (message !== undefined) context.addIssue({ code: "custom", message, path: ["append", index] });
  }
});
export type TmdbToLakeOptions = z.infer<typeof optionsSchema>;
