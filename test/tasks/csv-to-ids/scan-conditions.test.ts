/** What a Dag may write as a condition, and which cells meet it. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { conditionsSchema, type Condition } from "../../../tasks/csv-to-ids/scan/conditions.ts";
import { compileCellTest } from "../../../tasks/csv-to-ids/scan/match-conditions.ts";

describe("a cell", () => {
  it.each([
    [{ any_of: ["Music"] }, "Music", true],
    [{ any_of: ["Music"] }, "Musical", false],
    [{ any_of: ["Music"] }, "music", false],
    [{ any_of: ["Music"] }, "Drama,Music,Crime", true],
    [{ any_of: ["Music"] }, "Drama, Music", true],
    [{ any_of: ["Animation", "Comedy"] }, "Comedy", true],
    [{ any_of: ["Animation", "Comedy"] }, "\\N", false],
    [{ any_of: ["Animation", "Comedy"] }, "", false],
    [{ any_of: ["Animation", "Comedy"] }, ",", false],
    [{ equals: "Comedy" }, "Comedy", true],
    [{ equals: "Comedy" }, "Comedy,Drama", false],
    [{ equals: "7" }, "7.0", false],
    [{ equals: 7 }, "7.0", true],
    [{ equals: 0 }, "", false],
    [{ at_least: 2001 }, "2001", true],
    [{ at_least: 2001 }, "2000", false],
    [{ at_least: 900 }, "1000", true],
    [{ at_least: "900" }, "1000", true],
    [{ at_least: 2001 }, "\\N", false],
    [{ at_least: -1 }, "", false],
    [{ at_least: 1 }, "many", false],
    [{ at_least: 1 }, "0x10", false],
    [{ at_least: 1 }, "Infinity", false],
    [{ at_least: 6.5 }, "7.1", true],
    [{ at_least: "2001-05-01" }, "2001-10-01", true],
    [{ at_least: "2001-05-01" }, "2001", false],
    [{ at_most: "2001-05-01" }, "2001-04-30", true],
    [{ at_most: 2001 }, "2002", false],
    [{ at_least: 2001, at_most: 2003 }, "2002", true],
    [{ at_least: 2001, at_most: 2003 }, "2004", false],
    [{ is_null: true }, "\\N", true],
    [{ is_null: true }, "", true],
    [{ is_null: true }, "\\n", false],
    [{ is_null: true }, " ", false],
    [{ is_null: false }, "x", true],
    [{ is_null: false }, "\\N", false],
  ] satisfies [Condition, string, boolean][])("under %j with the text %j: %s", (condition, cell, isMet) => {
    expect(compileCellTest(condition)(cell)).toBe(isMet);
  });
});

describe("conditions in a Dag", () => {
  it("are taken as they are written, white space around names aside", () => {
    const written = {
      genero: { any_of: [" Animation", "Comedy "] },
      ano: { at_least: 2001, at_most: "2010" },
    };
    expect(conditionsSchema.parse(written)).toEqual({
      genero: { any_of: ["Animation", "Comedy"] },
      ano: { at_least: 2001, at_most: "2010" },
    });
    expect(conditionsSchema.parse({})).toEqual({});
  });

  it.each([
    ["without any key", {}, "at least one of"],
    ["with an unknown key", { contains: "x" }, "contains"],
    ["with an empty list", { any_of: [] }, "any_of"],
    ["with an empty name", { any_of: [" "] }, "is_null"],
    ["with a name that holds a comma", { any_of: ["Animation,Comedy"] }, "commas"],
    ["with null's text as a name", { any_of: ["\\N"] }, "is_null"],
    ["that equals null's text", { equals: "\\N" }, "is_null"],
    ["that equals null", { equals: null }, "equals"],
    ["with an empty bound", { at_least: "" }, "is_null"],
    ["with a bound that is no number", { at_most: Number.NaN }, "at_most"],
    ["that asks for null and for more", { is_null: true, equals: "x" }, "never match"],
    ["that is a bare value", "Comedy", "object"],
  ])("%s are refused", (_, condition, told) => {
    const parsed = conditionsSchema.safeParse({ genero: condition });
    expect(parsed.success).toBe(false);
    expect(z.prettifyError(parsed.error ?? new z.ZodError([]))).toContain(told);
  });

  it("have a JSON Schema with a description for every field", () => {
    const schema = z.toJSONSchema(conditionsSchema, { io: "input" });
    const condition = z.object({
      properties: z.record(z.string(), z.object({ description: z.string().min(20) })),
    });
    const parsed = z.object({ description: z.string(), additionalProperties: condition }).parse(schema);
    expect(Object.keys(parsed.additionalProperties.properties)).toEqual([
      "any_of",
      "equals",
      "at_least",
      "at_most",
      "is_null",
    ]);
  });
});
