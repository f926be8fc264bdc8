/** The options of a file-to-lake task in a Dag file. */
import { z } from "zod";
import { datasetOption, delimiterOption, durationOption } from "../options.ts";

/** No value of a template can undo a `..` that leads above the first folder. */
function leadsOut(file: string): boolean {
  return file.split("/")[0] === "..";
}

const NEEDS_FORMAT = "needs `format: csv` as well";

const fields = z.strictObject({
  dataset: datasetOption.describe("Name under which other tasks find the file's object."),
  file: z
    .string()
    .min(1)
    .refine((file) => !/^(?:[/~]|[A-Za-z]:[\\/])/.test(file), {
      message:
        "must be a path below DAGMAR_INPUT, not an absolute one: write movies.csv, and set DAGMAR_INPUT to its folder",
      params: { isCertain: true },
    })
    .refine((file) => !leadsOut(file), {
      message: "leads out of DAGMAR_INPUT; set DAGMAR_INPUT to a folder that holds the file",
      params: { isCertain: true },
    })
    .describe("Path below DAGMAR_INPUT."),
  key: z.string().min(1).describe("Key of the object; usually holds ${partition}."),
  on_unchanged: z
    .enum(["skip", "write"])
    .default("skip")
    .describe(
      "`skip`: content that the lake already has is not written again. `write`: a full copy per partition.",
    ),
  wait_for: durationOption
    .optional()
    .describe(
      "How long to wait for a file that is absent or still growing; meanwhile the task is up_for_reschedule.",
    ),
  poll: durationOption.default(30).describe("How often to look while waiting; a wait below 1s counts as 1s."),
  stable_for: durationOption
    .default(1)
    .describe("A file that was modified less than this long ago is checked again after that time."),
  format: z
    .enum(["csv"])
    .optional()
    .describe("What the file must be. A file that is something else is refused before it is stored."),
  delimiter: delimiterOption
    .optional()
    .describe("With `format: csv`: the character that separates the columns; `|` without it."),
  columns: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe("With `format: csv`: names that the first line must hold, in any order."),
});

export const optionsSchema = fields
  .refine((options) => options.format !== undefined || options.delimiter === undefined, {
    message: NEEDS_FORMAT,
    path: ["delimiter"],
  })
  .refine((options) => options.format !== undefined || options.columns === undefined, {
    message: NEEDS_FORMAT,
    path: ["columns"],
  });
export type FileToLakeOptions = z.infer<typeof optionsSchema>;
