/** The options of a report-to-lake task in a Dag file. */
import { z } from "zod";
import { datasetOption } from "../options.ts";
import type { Language } from "./languages.ts";
import { inputsOption, memoryOption, nameOption, threadsOption } from "../sql-to-lake/options.ts";

const wordsOption = z
  .strictObject({
    pt: z.string().min(1).max(2000).describe("In Portuguese."),
    en: z.string().min(1).max(2000).describe("In English."),
  })
  .describe(
    "A text in both languages. `{name}` is the value of a column of `facts`; `{name:usd}`, `{name:year}` and `{name:date}` write it as such.",
  );

const columnOption = z.strictObject({
  pt: z.string().min(1).max(100).describe("The column's heading in Portuguese."),
  en: z.string().min(1).max(100).describe("The column's heading in English."),
  as: z
    .enum(["text", "year", "count", "rating", "usd"])
    .default("text")
    .describe(
      "How its values are written: `year` 2009, `count` 20,000, `rating` 7.98, `usd` US$735 M. All except `text` are numbers.",
    ),
  detail: nameOption
    .optional()
    .describe("Of a `number`: the column whose value stands below, and that has no place of its own."),
});

const blockOption = z
  .strictObject({
    part: nameOption.describe("The part of the SQL whose rows are shown, in their order."),
    kind: z
      .enum(["number", "bar", "line", "scatter", "box", "table"])
      .describe(
        "How. By the order of `columns`: `number` each column of the one row; `bar` name, length, remark; `line` x, then a line for each; `scatter` name, x, y; `box` name, least, first quartile, median, third quartile, greatest; `table` all. The data below a chart has every column.",
      ),
    title: wordsOption,
    rule: wordsOption.describe("What is counted and how, in a sentence. As `title`."),
    coverage: z
      .strictObject({
        known: nameOption.describe("The column of `facts` that says how many are shown or known."),
        of: nameOption.describe("The column of `facts` that says of how many."),
        what: wordsOption.describe("The words after `n of N`. As `title`."),
      })
      .describe("How much of the whole the block knows: `n of N` and what these are."),
    columns: z.record(nameOption, columnOption).describe("The columns that are shown, in their order."),
    width: z.enum(["half", "full"]).default("full").describe("Of the page, where there is room."),
    to: z.number().positive().optional().describe("Of a `bar`: the number that a whole bar stands for."),
    diagonal: wordsOption
      .optional()
      .describe("Of a `scatter`: the name of the line where x = y. As `title`."),
  })
  .superRefine(({ kind, columns, to, diagonal }, context) => {
    const least = LEAST_COLUMNS[kind];
    if (Object.keys(columns).length < least)
      context.addIssue({
        code: "custom",
        message: `${kind} needs ${least} columns or more`,
        path: ["columns"],
      });
    if (to !== undefined && kind !== "bar")
      context.addIssue({ code: "custom", message: "is for kind: bar alone", path: ["to"] });
    if (diagonal !== undefined && kind !== "scatter")
      context.addIssue({ code: "custom", message: "is for kind: scatter alone", path: ["diagonal"] });
    for (const [name, { detail }] of Object.entries(columns)) {
      if (detail !== undefined && columns[detail] === undefined)
        context.addIssue({
          code: "custom",
          message: `${detail} is no column`,
          path: ["columns", name, "detail"],
        });
    }
  });

const LEAST_COLUMNS = { number: 1, bar: 2, line: 2, scatter: 3, box: 6, table: 1 } as const;

const LANGUAGE_TEMPLATE = "${language}";

export const optionsSchema = z.strictObject({
  dataset: datasetOption.describe("Name of the report: its pages are this dataset's objects."),
  key: z
    .string()
    .regex(/\.html$/, "ends in .html")
    .refine((key) => key.includes(LANGUAGE_TEMPLATE), { message: "holds ${language}, which is pt or en" })
    .describe("Key of a page; `${language}` is `pt` or `en`. A page that the task made before is replaced."),
  inputs: inputsOption.describe("What the SQL reads, as in `sql-to-lake`."),
  title: wordsOption,
  intro: wordsOption.describe("The paragraph below the title. As `title`."),
  notes: z.array(wordsOption).default([]).describe("What else a reader must know, at the page's end."),
  sql: z
    .string()
    .min(1)
    .describe(
      "SELECTs in DuckDB's SQL, each after a line `-- part: name`, under which later parts and blocks find its rows; or a file with them, such as `sql/report.sql`. The Dag's params are `$name`, the run's day is `$ds`, the page's language is `$language`.",
    ),
  facts: nameOption.describe("The part with one row, whose columns texts and `coverage` name."),
  blocks: z.array(blockOption).min(1).max(40).describe("What the page shows, in this order."),
  memory: memoryOption,
  threads: threadsOption,
});
export type ReportOptions = z.infer<typeof optionsSchema>;
export type BlockOption = ReportOptions["blocks"][number];
export type Words = z.infer<typeof wordsOption>;
export type ColumnFormat = z.infer<typeof columnOption>["as"];

export function fillLanguage(key: string, language: Language): string {
  return key.replaceAll(LANGUAGE_TEMPLATE, language);
}
