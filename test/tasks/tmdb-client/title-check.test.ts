/** What an answer of TMDB is: a `/find` answer, a title, a title's own number and its IMDb id. */
import { expect, test } from "vitest";
import {
  isFindAnswer,
  isTitle,
  readFind,
  readImdbId,
  readProviderId,
} from "../../../tasks/tmdb-to-lake/title-check.ts";

const NOTHING = {
  movie_results: [],
  tv_results: [],
  tv_season_results: [],
  tv_episode_results: [],
  person_results: [],
};

test.each([
  ["a movie", { ...NOTHING, movie_results: [{ id: 7 }] }, "movie", { kind: "found", ids: [7] }],
  ["a series", { ...NOTHING, tv_results: [{ id: 8 }] }, "series", { kind: "found", ids: [8] }],
  [
    "several, in their order",
    { movie_results: [{ id: 9 }, { id: 7 }] },
    "movie",
    { kind: "found", ids: [9, 7] },
  ],
  ["nothing", NOTHING, "movie", { kind: "absent", reason: "unknown" }],
  ["no other list", { movie_results: [] }, "movie", { kind: "absent", reason: "unknown" }],
  [
    "a list that is none",
    { movie_results: [], tv_results: "x" },
    "movie",
    { kind: "absent", reason: "unknown" },
  ],
  [
    "a series for a movie",
    { ...NOTHING, tv_results: [{}] },
    "movie",
    { kind: "absent", reason: "is_a_series" },
  ],
  [
    "a movie for a series",
    { ...NOTHING, movie_results: [{}] },
    "series",
    { kind: "absent", reason: "is_a_movie" },
  ],
  ["a season", { ...NOTHING, tv_season_results: [{}] }, "series", { kind: "absent", reason: "is_a_season" }],
  [
    "an episode",
    { ...NOTHING, tv_episode_results: [{}] },
    "movie",
    { kind: "absent", reason: "is_an_episode" },
  ],
  ["a person", { ...NOTHING, person_results: [{}] }, "movie", { kind: "absent", reason: "is_a_person" }],
  ["another list's answer", { tv_results: [] }, "movie", { kind: "malformed" }],
  ["no list", { movie_results: {} }, "movie", { kind: "malformed" }],
  ["no object", [NOTHING], "movie", { kind: "malformed" }],
  ["a title without a number", { movie_results: [{ id: 7 }, {}] }, "movie", { kind: "malformed" }],
  ["a title that is none", { movie_results: ["7"] }, "movie", { kind: "malformed" }],
] as const)("/find answers %s", (_what, answer, entity, verdict) => {
  expect(readFind(answer, entity)).toEqual(verdict);
});

test("an answer is one of /find if it has any of its lists", () => {
  for (const list of Object.keys(NOTHING)) expect(isFindAnswer({ [list]: [] })).toBe(true);
  expect(isFindAnswer({ id: 7, title: "Up" })).toBe(false);
});

test("a title's number is one that a path can hold", () => {
  const ids = [1, 7, 2 ** 53 - 1, 0, -1, 1.5, 2 ** 53, "7", null, undefined];
  expect(ids.filter((id) => readProviderId({ id }) !== undefined)).toEqual([1, 7, 2 ** 53 - 1]);
});

test.each([
  [{ id: 7, title: "Up" }, true, false],
  [{ id: 7, original_title: "" }, true, false],
  [{ id: 7, imdb_id: null }, true, false],
  [{ id: 7, name: "Dark" }, false, true],
  [{ id: 7, original_name: "Dark" }, false, true],
  [{ id: 7, external_ids: {} }, false, true],
  [{ id: 7 }, false, false],
  [{ title: "Up", name: "Up" }, false, false],
  [[{ id: 7, title: "Up", name: "Up" }], false, false],
  ["Up", false, false],
])("%j is a movie: %s, a series: %s", (value, movie, series) => {
  expect([isTitle(value, "movie"), isTitle(value, "series")]).toEqual([movie, series]);
});

test.each([
  [{ imdb_id: " tt1 " }, "tt1", undefined],
  [{ external_ids: { imdb_id: "tt2" } }, undefined, "tt2"],
  [{ imdb_id: " ", external_ids: { imdb_id: "" } }, undefined, undefined],
  [{ imdb_id: null, external_ids: { imdb_id: 7 } }, undefined, undefined],
  [{ imdb_id: 7, external_ids: null }, undefined, undefined],
  [{}, undefined, undefined],
])("the IMDb id of %j is %s as a movie, %s as a series", (record, movie, series) => {
  expect([readImdbId(record, "movie"), readImdbId(record, "series")]).toEqual([movie, series]);
});
