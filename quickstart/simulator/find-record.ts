/** The body of `/find/{imdb id}`: five lists, of which at most two hold something. */
import type { Entity, TitleFacts, TmdbRecord } from "./records.ts";

/** 200 with empty lists where nothing is found, as TMDB does. */
export function buildFindRecord(facts: TitleFacts, found: readonly Entity[]): TmdbRecord {
  return {
    movie_results: found.includes("movie") ? [summarise("movie", facts)] : [],
    person_results: [],
    tv_results: found.includes("tv") ? [summarise("tv", facts)] : [],
    tv_episode_results: [],
    tv_season_results: [],
  };
}

function summarise(entity: Entity, facts: TitleFacts): TmdbRecord {
  const names =
    entity === "movie"
      ? { title: facts.title, original_title: facts.originalTitle }
      : { name: facts.title, original_name: facts.originalTitle };
  const dates =
    entity === "movie" ? { release_date: "2011-03-04", video: false } : { first_air_date: "2011-03-04" };
  return {
    adult: false,
    backdrop_path: null,
    id: facts.tmdbId,
    ...names,
    overview: "An invented title: there is no such story.",
    poster_path: null,
    media_type: entity,
    original_language: "pt",
    genre_ids: [16],
    popularity: facts.popularity,
    ...dates,
    vote_average: 6.1,
    vote_count: 12,
    ...(entity === "tv" ? { origin_country: ["BR"] } : {}),
  };
}
