/** Which key templates can be rendered to the same key. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mayKeysClash } from "../../config/dag-file/key-clash.ts";
import type { JsonValue } from "../../model/dag/dag.ts";
import { renderTemplates } from "../../model/dag/template.ts";

test.each([
  ["the same key", "Raw/${partition}/m.csv", "Raw/${partition}/m.csv"],
  ["the same key in another case", "Raw/${partition}/m.csv", "raw/${partition}/M.csv"],
  ["a template and what it could become", "Raw/${partition}/m.csv", "Raw/2026/11/23/m.csv"],
  ["a param and a name", "Raw/${params.x}.csv", "Raw/movies.csv"],
  ["a param that spans folders", "Raw/${params.x}/m.csv", "Raw/a/b/m.csv"],
  ["a param that is empty", "Raw/${params.x}m.csv", "Raw/m.csv"],
  ["a key that is the other's folder", "Raw/m", "Raw/m/${partition}/x.csv"],
  ["a folder by a template", "Raw/${partition}", "Raw/${partition}/x.csv"],
  [
    "the same stamp and number in two Dags",
    "Raw/x-${run_stamp}-${seq}.json",
    "Raw/x-${run_stamp}-${seq}.json",
  ],
  ["an output and anything", "${outputs.a.key}", "Raw/m.csv"],
])("%s clash", (_sentence, left, right) => {
  expect(mayKeysClash(left, right)).toBe(true);
  expect(mayKeysClash(right, left)).toBe(true);
});

test.each([
  ["two folders", "Raw/Movies/${partition}/m.csv", "Raw/Series/${partition}/m.csv"],
  ["two names in a folder", "Raw/${partition}/movies.csv", "Raw/${partition}/series.csv"],
  ["two depths below the day", "Raw/${ds}/m.csv", "Raw/${ds}/a/m.csv"],
  ["a name that begins as another", "Raw/movie", "Raw/movies"],
  ["days in two forms", "Raw/${ds}", "Raw/${partition}"],
  ["a number and a word", "Raw/x-${seq}.json", "Raw/x-final.json"],
  ["stamps behind two words", "Raw/movies-${run_stamp}-${seq}.json", "Raw/series-${run_stamp}-${seq}.json"],
])("%s do not", (_sentence, left, right) => {
  expect(mayKeysClash(left, right)).toBe(false);
  expect(mayKeysClash(right, left)).toBe(false);
});

describe("for any two templates", () => {
  const digits = (count: number) =>
    fc
      .array(fc.integer({ min: 0, max: 9 }), { minLength: count, maxLength: count })
      .map((list) => list.join(""));
  const words = fc.stringMatching(/^[ab/1.-]{0,3}$/);
  const pieces = fc.oneof(
    words,
    fc.constantFrom("${partition}", "${ds}", "${run_stamp}", "${seq}", "${params.x}", "${params.y}"),
  );
  const templates = fc.array(pieces, { minLength: 1, maxLength: 5 }).map((list) => list.join(""));
  const values = fc.record({ stamp: digits(17), day: digits(8), seq: digits(5), x: words, y: words });

  type Values = { stamp: string; day: string; seq: string; x: string; y: string };
  const render = (template: string, { stamp, day, seq, x, y }: Values): string => {
    const parts = [day.slice(0, 4), day.slice(4, 6), day.slice(6)];
    const table: Readonly<Record<string, JsonValue>> = {
      partition: parts.join("/"),
      ds: parts.join("-"),
      run_stamp: `${stamp.slice(0, 8)}T${stamp.slice(8)}Z`,
      seq,
      "params.x": x,
      "params.y": y,
    };
    const rendered = renderTemplates(`.${template}`, (name) => table[name]);
    if (typeof rendered !== "string") throw new Error("a template within a text gives a text");
    return rendered.slice(1);
  };
  const isClash = (left: string, right: string): boolean =>
    left === right || left.startsWith(`${right}/`) || right.startsWith(`${left}/`);

  test("two keys that clash, whatever their values, are never missed", () => {
    let clashes = 0;
    fc.assert(
      fc.property(templates, templates, values, values, (left, right, one, other) => {
        if (!isClash(render(left, one), render(right, other))) return;
        clashes += 1;
        expect(mayKeysClash(left, right)).toBe(true);
      }),
      { numRuns: 5_000, seed: 7 },
    );
    expect(clashes).toBeGreaterThan(50);
  });

  test("a template clashes with what it is rendered to, and with what lies below that", () => {
    fc.assert(
      fc.property(templates, values, (template, one) => {
        const key = render(template, one);
        expect(mayKeysClash(template, key)).toBe(true);
        expect(mayKeysClash(`${key}/below`, template)).toBe(true);
      }),
    );
  });

  test("the order of the two does not matter", () => {
    fc.assert(
      fc.property(templates, templates, (left, right) => {
        expect(mayKeysClash(left, right)).toBe(mayKeysClash(right, left));
      }),
    );
  });
});
