/** The requests that ask for a title, what proves that TMDB has answered, and which JSON is TMDB's. */
import { expect, test } from "vitest";
import {
  buildQuery,
  findRequest,
  firstRequest,
  isSound,
  type TitleRequest,
} from "../../../tasks/tmdb-to-lake/title-requests.ts";

const MOVIE: TitleRequest = { entity: "movie", imdbId: "tt0000001", language: "pt-BR", append: [] };
const SERIES: TitleRequest = { ...MOVIE, entity: "series" };

test.each([
  [{ id: 7, title: "Up" }, true],
  [{ id: 7, name: "Dark" }, true],
  [{ movie_results: [] }, true],
  [{ status_code: 34 }, true],
  [{ status_code: "34" }, false],
  [{ id: 7 }, false],
  [{}, false],
  [[{ id: 7, title: "Up" }], false],
  ["Up", false],
  [null, false],
])("%j is TMDB's: %s", (value, isTmdbs) => {
  expect(isSound(value)).toBe(isTmdbs);
});

test("a movie is asked for by its id, a series by /find", () => {
  expect(firstRequest({ ...MOVIE, append: ["credits"] })).toMatchObject({
    path: "/movie/tt0000001?language=pt-BR&append_to_response=credits",
    template: "/movie/{imdb_id}",
    isFair: true,
  });
  expect(firstRequest(SERIES)).toMatchObject({
    path: "/find/tt0000001?external_source=imdb_id&language=pt-BR",
    template: "/find/{imdb_id}",
    isFair: true,
  });
});

test("what has failed before is no fair sample", () => {
  const isFair = (hasFailed: boolean) =>
    [MOVIE, SERIES].map((title) => firstRequest({ ...title, hasFailed }).isFair);
  expect([isFair(true), isFair(false)]).toEqual([
    [false, false],
    [true, true],
  ]);
});

test("the very title proves that TMDB answers, and so does any answer of /find", () => {
  const { isProof: isMovie } = firstRequest(MOVIE);
  const title = { id: 7, title: "Up", imdb_id: "tt0000001" };
  expect(
    [title, { ...title, imdb_id: "tt0000002" }, { imdb_id: "tt0000001" }].map((one) => isMovie?.(one)),
  ).toEqual([true, false, false]);
  const { isProof: isSeries } = findRequest(SERIES);
  expect([{ tv_results: [] }, { movie_results: [] }, []].map((one) => isSeries?.(one))).toEqual([
    true,
    false,
    false,
  ]);
});

test("the same question is the same query: names are sorted, and none is there twice", () => {
  const build = (append: readonly string[]) => buildQuery({ ...MOVIE, append });
  expect(build(["videos", "credits", "videos", "a b/c"])).toBe(
    "language=pt-BR&append_to_response=a%20b/c,credits,videos",
  );
  const names = Array.from({ length: 20 }, (_, index) => `name_${index}`);
  expect(build(names)).toContain("name_19");
  expect(() => build([...names, "one_more"])).toThrow(RangeError);
});
