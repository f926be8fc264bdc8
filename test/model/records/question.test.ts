/** Which questions are the same, and the stable hash of a question. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { FIRST_GENERATION, hashQuestion, type Question } from "../../../model/records/question.ts";

const QUESTION: Question = {
  dataset: "weather",
  source: { base_url: "https://api.example/v1" },
  facets: { units: "metric", hourly: true, stations: ["north", "south"] },
};

const hashWith = (changes: Partial<Question>) => hashQuestion({ ...QUESTION, ...changes });

test("the order of facets does not matter, for any facets", () => {
  const shuffled = fc
    .uniqueArray(fc.tuple(fc.string({ minLength: 1, maxLength: 12 }), fc.string()), {
      maxLength: 20,
      selector: ([name]) => name,
    })
    .chain((facets) =>
      fc.tuple(fc.constant(facets), fc.shuffledSubarray(facets, { minLength: facets.length })),
    );
  fc.assert(
    fc.property(shuffled, ([facets, other]) => {
      expect(hashWith({ facets: Object.fromEntries(facets) })).toBe(
        hashWith({ facets: Object.fromEntries(other) }),
      );
    }),
  );
});

test.each([
  ["dataset", { dataset: "climate" }],
  ["address of the service", { source: { base_url: "http://127.0.0.1:8080/v1" } }],
  ["facet", { facets: { units: "metric", hourly: true } }],
  ["value of a facet", { facets: { ...QUESTION.facets, units: "imperial" } }],
  ["name of a facet", { facets: { unit: "metric", hourly: true, stations: ["north", "south"] } }],
  ["order of a list", { facets: { ...QUESTION.facets, stations: ["south", "north"] } }],
  ["list, two of its texts run together", { facets: { ...QUESTION.facets, stations: ["north,south"] } }],
  ["kind of a value", { facets: { ...QUESTION.facets, hourly: "true" } }],
])("a different %s is a different question", (_, changes) => {
  expect(hashWith(changes)).not.toBe(hashQuestion(QUESTION));
});

test("the hash is 64 hex digits and never changes between releases: objects in lakes carry it", () => {
  expect(hashQuestion(QUESTION)).toMatch(/^[0-9a-f]{64}$/);
  expect(hashQuestion(QUESTION)).toMatchInlineSnapshot(
    `"faa1c57c8a77d741d57c85f6713a5451875a8297d47f4756802e856e37182740"`,
  );
});

test.each([
  [{ hash: "x" }, {}],
  [{}, { hash: "x" }],
  [{ year: 1 }, { year: 2 }],
])("source %j and facets %j are refused: a manifest writes them next to the hash", (source, facets) => {
  expect(() => hashQuestion({ ...QUESTION, source, facets })).toThrow(
    "share a name, or have one called hash",
  );
});

test("the first generation sorts before every run stamp", () => {
  expect(["20261123T090000000Z", "00010101T000000000Z", FIRST_GENERATION].toSorted()[0]).toBe(
    FIRST_GENERATION,
  );
});
