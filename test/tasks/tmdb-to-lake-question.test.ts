/**
 * The identity of TMDB's answers. Lakes that earlier versions wrote carry these hashes: they are recognised only while
 * none changes.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hashQuestion } from "../../model/records/question.ts";
import { describeQuestion } from "../../tasks/tmdb-to-lake/question.ts";

const BASE_URL = "https://api.themoviedb.org/3";
type Options = Parameters<typeof describeQuestion>[0];
const OPTIONS: Options = {
  dataset: "tmdb_movies",
  entity: "movie",
  language: "pt-BR",
  append: ["credits", "keywords"],
};

const hashOf = (changes: Partial<Options>, baseUrl = BASE_URL) =>
  hashQuestion(describeQuestion({ ...OPTIONS, ...changes }, baseUrl));

test.each<[string, Partial<Options>, string]>([
  ["4a1189acdd7391a0019ac2c19bbf6cdab70c0ad39a230bbc1a6e17e481cdb88e", {}, BASE_URL],
  [
    "550b6d7d7d4f6845bbc2bb983c9e365a5effc58c4bdab07114163cc308e33bcb",
    { language: "en-US", append: [] },
    BASE_URL,
  ],
  [
    "51838582e658802b2dd37ae080fadee9a3c9e7e0c4a5f29646b30b10290e255f",
    { dataset: "tmdb_series", entity: "series", append: ["keywords", "credits"] },
    `${BASE_URL}/`,
  ],
  [
    "fdb8598deb00b6e4d0d5207a09510c88db0f76c23c2e2049fc08683020313456",
    { dataset: "titles", language: "en-US", append: ["b", "a", "B", "a"] },
    "HTTP://LOCALHOST:80/3//",
  ],
])("has the hash %s that the first release gave it", (hash, changes, baseUrl) => {
  expect(hashOf(changes, baseUrl)).toBe(hash);
});

describe("the same question", () => {
  test.each([
    ["with append in another order", { append: ["keywords", "credits"] }, BASE_URL],
    ["with a name in append twice", { append: ["credits", "keywords", "credits"] }, BASE_URL],
    ["with a slash behind the base URL", {}, `${BASE_URL}/`],
    ["with two slashes behind it", {}, `${BASE_URL}//`],
    ["with the host in capitals", {}, "https://API.themoviedb.org/3"],
    ["with the default port written out", {}, "https://api.themoviedb.org:443/3"],
  ])("%s has the same identity", (_, changes, baseUrl) => {
    expect(hashOf(changes, baseUrl)).toBe(hashOf({}));
  });

  test("does not depend on the order of append, for any append", () => {
    const shuffled = fc
      .uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { maxLength: 20 })
      .chain((names) =>
        fc.tuple(fc.constant(names), fc.shuffledSubarray(names, { minLength: names.length })),
      );
    fc.assert(
      fc.property(shuffled, ([append, other]) => {
        expect(hashOf({ append })).toBe(hashOf({ append: other }));
      }),
    );
  });
});

test.each<[string, Partial<Options>, string]>([
  ["dataset", { dataset: "tmdb_films" }, BASE_URL],
  ["host", {}, "http://127.0.0.1:8080/3"],
  ["path of the service", {}, "https://api.themoviedb.org/4"],
  ["entity", { entity: "series" }, BASE_URL],
  ["language", { language: "pt-PT" }, BASE_URL],
  ["append, one more name", { append: ["credits", "keywords", "videos"] }, BASE_URL],
  ["append, none", { append: [] }, BASE_URL],
  ["append, two names run together", { append: ["credits,keywords"] }, BASE_URL],
])("another %s is another question", (_, changes, baseUrl) => {
  expect(hashOf(changes, baseUrl)).not.toBe(hashOf({}));
});

test("append is sorted by code unit, without doubles, and the given list stays as it is", () => {
  const append = ["b", "a", "B", "a"];
  expect(describeQuestion({ ...OPTIONS, append }, BASE_URL).facets["append"]).toEqual(["B", "a", "b"]);
  expect(append).toEqual(["b", "a", "B", "a"]);
});
