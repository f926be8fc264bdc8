/** How templates in Dag files are filled with values. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonValue } from "../../../model/dag/dag.ts";
import { listReferences, literalPrefix, renderTemplates } from "../../../model/dag/template.ts";

const values: Readonly<Record<string, JsonValue>> = {
  "params.genres": ["Animation", "Comedy"],
  "params.limit": null,
  "params.since": 2001,
  partition: "2026/11/23",
};
const lookUp = (name: string): JsonValue | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined;

test("a whole template keeps the type of its value", () => {
  expect(renderTemplates("${params.genres}", lookUp)).toEqual(["Animation", "Comedy"]);
  expect(renderTemplates("${params.limit}", lookUp)).toBeNull();
  expect(renderTemplates("${params.since}", lookUp)).toBe(2001);
});

test("inside a text a value becomes text", () => {
  expect(renderTemplates("Raw/${partition}/since-${params.since}.csv", lookUp)).toBe(
    "Raw/2026/11/23/since-2001.csv",
  );
  expect(renderTemplates("x${params.limit}", lookUp)).toBe("xnull");
});

test("an unknown name stays as written", () => {
  expect(renderTemplates("a-${seq}-${partition}", lookUp)).toBe("a-${seq}-2026/11/23");
  expect(renderTemplates("${seq}", lookUp)).toBe("${seq}");
});

test("templates are found at any depth, but not in names", () => {
  expect(
    renderTemplates({ "${partition}": [{ at: "${params.since}" }], n: 1, b: true, z: null }, lookUp),
  ).toEqual({
    "${partition}": [{ at: 2001 }],
    n: 1,
    b: true,
    z: null,
  });
});

test("templates inside a value are not replaced", () => {
  const sly = (name: string): JsonValue | undefined => (name === "a" ? "${b}" : "reached");
  expect(renderTemplates("x ${a}", sly)).toBe("x ${b}");
});

test("a value with dollar signs is inserted unchanged", () => {
  expect(renderTemplates("x ${a} y", () => "$& $1 $$")).toBe("x $& $1 $$ y");
});

test("references are listed in order and the literal prefix ends before the first", () => {
  expect(listReferences("a${x}b${y}${x}")).toEqual(["x", "y", "x"]);
  expect(literalPrefix("Raw/Movies/${partition}/m.csv")).toBe("Raw/Movies/");
  expect(literalPrefix("Raw/m.csv")).toBe("Raw/m.csv");
});

test("a text without references is never changed", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(listReferences(text).length === 0);
      expect(renderTemplates(text, () => "no")).toBe(text);
    }),
  );
});

test("what is rendered equals the pieces put together", () => {
  const pieces = fc.array(
    fc.tuple(
      fc.string().filter((text) => !/[${}]/.test(text)),
      fc.constantFrom("a", "b"),
    ),
  );
  fc.assert(
    fc.property(pieces, fc.string(), fc.string(), (list, a, b) => {
      const template = `.${list.map(([text, name]) => `${text}\${${name}}`).join("")}`;
      const expected = `.${list.map(([text, name]) => text + (name === "a" ? a : b)).join("")}`;
      expect(renderTemplates(template, (name) => (name === "a" ? a : b))).toBe(expected);
    }),
  );
});
