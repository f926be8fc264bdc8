/** Which conditions on a CSV's columns a Dag may write; match-conditions decides which cells meet them. */
import { z } from "zod";

const isNullText = (text: string): boolean => text === "" || text === "\\N";
const NULL_HINT = "the empty text and \\N mean null in the CSV; use is_null";

const bound = z.union([z.number(), z.string().refine((text) => !isNullText(text), NULL_HINT)]);

/** The condition on one column. All of its keys must hold. */
const conditionSchema = z
  .strictObject({
    any_of: z
      .array(
        z
          .string()
          .trim()
          .refine((name) => !isNullText(name), NULL_HINT)
          .refine((name) => !name.includes(","), "the cell is split at commas; write each name separately"),
      )
      .min(1)
      .optional()
      .describe(
        "The cell's comma-separated list has at least one of these names. Whole names, case-sensitive: `Music` is not `Musical`. White space around a name is ignored.",
      ),
    equals: bound
      .optional()
      .describe(
        "The cell is exactly this text or, for a number, a number of this value (`7` equals `7.0`). Null equals nothing.",
      ),
    at_least: bound
      .optional()
      .describe(
        "The cell is this value or greater. A number is compared with numbers (a cell that is not a number does not match), text character by character, which suits ISO dates. Null does not match.",
      ),
    at_most: bound
      .optional()
      .describe("The cell is this value or less, compared as `at_least` does. Null does not match."),
    is_null: z
      .boolean()
      .optional()
      .describe("true: the cell is empty or `\\N`. false: it is neither. `true` allows no other condition."),
  })
  .refine((condition) => Object.values(condition).some((value) => value !== undefined), {
    message: "needs at least one of any_of, equals, at_least, at_most, is_null",
  })
  .refine(
    ({ is_null, ...others }) =>
      is_null !== true || Object.values(others).every((value) => value === undefined),
    {
      message: "is_null: true with another condition can never match, because null meets no other condition",
    },
  );

/** Conditions by column name; a row is chosen if all of them hold. Without conditions every row is chosen. */
export const conditionsSchema = z
  .record(z.string().min(1), conditionSchema)
  .describe("Conditions by column name. A row must meet all of them; without conditions, every row counts.");

export type Condition = Readonly<z.output<typeof conditionSchema>>;
export type Conditions = Readonly<Record<string, Condition>>;
