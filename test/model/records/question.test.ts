import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  FIRST_GENERATION,
  hashQuestion,
  sortAppend,
  type Question,
} from "../../../model/records/question.ts";

const QUESTION: Question = {
  dataset: "tmdb_movies",
  baseUrl: "https://api.themoviedb.org/3",
  entity: "movie",
  language: "pt-BR",
  append: ["credits", "keywords"],
};

const hashWith = (changes: Partial<Question>) => hashQuestion({ ...QUESTION, ...changes });

describe("the same question", () => {
  test.each([
    ["with append in another order", { append: ["keywords", "credits"] }],
    ["with a name in append twice", { append: ["credits", "keywords", "credits"] }],
    ["with a slash behind the base URL", { baseUrl: "https://api.themoviedb.org/3/" }],
    ["with two slashes behind it", { baseUrl: "https://api.themoviedb.org/3//" }],
    ["with the host in capitals", { baseUrl: "https://API.themoviedb.org/3" }],
    ["with the default port written out", { baseUrl: "https://api.themoviedb.org:443/3" }],
  ])("%s has the same identity", (_, changes) => {
    expect(hashWith(changes)).toBe(hashQuestion(QUESTION));
  });

  test("does not depend on the order of append, for any append", () => {
    const shuffled = fc
      .uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { maxLength: 20 })
      .chain((names) =>
        fc.tuple(fc.constant(names), fc.shuffledSubarray(names, { minLength: names.length })),
      );
    fc.assert(
      fc.property(shuffled, ([append, other]) => {
        expect(hashWith({ append })).toBe(hashWith({ append: other }));
      }),
    );
  });
});

test.each([
  ["dataset", { dataset: "tmdb_films" }],
  ["provider", { baseUrl: "http://127.0.0.1:8080/3" }],
  ["path of the provider", { baseUrl: "https://api.themoviedb.org/4" }],
  ["entity", { entity: "series" }],
  ["language", { language: "pt-PT" }],
  ["append, one more name", { append: ["credits", "keywords", "videos"] }],
  ["append, none", { append: [] }],
  ["append, two names run together", { append: ["credits,keywords"] }],
])("another %s is another question", (_, changes) => {
  expect(hashWith(changes)).not.toBe(hashQuestion(QUESTION));
});

test("the hash is 64 hex digits and never changes from one release to the next: objects in lakes bear it", () => {
  expect(hashQuestion(QUESTION)).toMatch(/^[0-9a-f]{64}$/);
  expect(hashQuestion(QUESTION)).toMatchInlineSnapshot(
    `"4a1189acdd7391a0019ac2c19bbf6cdab70c0ad39a230bbc1a6e17e481cdb88e"`,
  );
});

test("append is sorted by code unit, without doubles, and the given list stays as it is", () => {
  const given = ["b", "a", "B", "a"];
  expect(sortAppend(given)).toEqual(["B", "a", "b"]);
  expect(given).toEqual(["b", "a", "B", "a"]);
});

test("the first generation sorts before every run stamp", () => {
  expect(["20261123T090000000Z", "00010101T000000000Z", FIRST_GENERATION].toSorted()[0]).toBe(
    FIRST_GENERATION,
  );
});
