/**
 * Invented details of a film or a series, field by field as TMDB's version 3 gives them (names of November 2026). Every
 * record says that it is invented, in `homepage` and `tagline`. Ids, errors and sending are not its work.
 */
import { inventPerson } from "../invented/people.ts";
import { createRandom, type Random } from "../invented/random.ts";
import { NOUNS, PLACES } from "../invented/words.ts";
import { buildAppended, isAppendable } from "./appended.ts";
import { padRecord } from "./padding.ts";

export type Entity = "movie" | "tv";
export type TmdbRecord = Record<string, unknown>;

/** What differs between titles; everything else follows from `seed`. */
export interface TitleFacts {
  readonly imdbId: string;
  readonly tmdbId: number;
  readonly title: string;
  readonly originalTitle: string;
  /** Another one at each call, as in reality. */
  readonly popularity: number;
}

export interface RecordOptions {
  readonly language: string;
  readonly append: readonly string[];
  /** About so many bytes as JSON, if that is more than the record has by itself. */
  readonly sizeBytes: number | undefined;
}

const MOVIE_GENRES = [
  { id: 16, en: "Animation", pt: "Animação" },
  { id: 35, en: "Comedy", pt: "Comédia" },
  { id: 18, en: "Drama", pt: "Drama" },
  { id: 10751, en: "Family", pt: "Família" },
  { id: 12, en: "Adventure", pt: "Aventura" },
] as const;

export function buildRecord(
  entity: Entity,
  facts: TitleFacts,
  options: RecordOptions,
  seed: string,
): TmdbRecord {
  const random = createRandom(seed);
  const record =
    entity === "movie"
      ? buildMovie(facts, options, random, createRandom(`business ${seed}`))
      : buildSeries(facts, options, random);
  const appended = new Set(options.append.filter((name) => isAppendable(entity, name)));
  for (const name of appended) record[name] = buildAppended(entity, name, facts.imdbId, random);
  if (options.sizeBytes !== undefined) padRecord(record, options.sizeBytes, random);
  return record;
}

/** `business`: draws of its own for who made the film and what it earned. */
function buildMovie(facts: TitleFacts, options: RecordOptions, random: Random, business: Random): TmdbRecord {
  return {
    adult: false,
    backdrop_path: random.isLucky(0.3) ? null : inventPath(random),
    belongs_to_collection: random.isLucky(0.85) ? null : inventCollection(random),
    budget: random.isLucky(0.6) ? 0 : random.between(1, 90) * 100_000,
    genres: inventGenres(options.language, random),
    homepage: `https://example.invalid/movie/${facts.imdbId}`,
    id: facts.tmdbId,
    imdb_id: facts.imdbId,
    origin_country: ["BR"],
    original_language: "pt",
    original_title: facts.originalTitle,
    overview: inventOverview(options.language, random),
    popularity: facts.popularity,
    poster_path: inventPath(random),
    production_companies: [...pickDisney(business), inventCompany(random)],
    production_countries: [{ iso_3166_1: "BR", name: "Brazil" }],
    release_date: inventDate(random),
    revenue: business.isLucky(0.4) ? 0 : business.between(1, 300) * 100_000,
    runtime: random.between(62, 150),
    spoken_languages: [{ english_name: "Portuguese", iso_639_1: "pt", name: "Português" }],
    status: "Released",
    tagline: INVENTED,
    title: facts.title,
    video: false,
    vote_average: random.between(2000, 9000) / 1000,
    vote_count: random.below(4000),
  };
}

const INVENTED = "Invented by Dagmar's simulator";

/** No `imdb_id`: TMDB gives a series' only under `external_ids`. */
function buildSeries(facts: TitleFacts, options: RecordOptions, random: Random): TmdbRecord {
  const seasons = random.between(1, 4);
  const person = inventPerson(random);
  return {
    adult: false,
    backdrop_path: inventPath(random),
    created_by: [
      {
        id: random.below(4_000_000),
        credit_id: inventCreditId(random),
        name: person.name,
        original_name: person.name,
        gender: person.isWoman ? 1 : 2,
        profile_path: null,
      },
    ],
    episode_run_time: [random.between(5, 55)],
    first_air_date: inventDate(random),
    genres: inventGenres(options.language, random),
    homepage: `https://example.invalid/tv/${facts.imdbId}`,
    id: facts.tmdbId,
    in_production: false,
    languages: ["pt"],
    last_air_date: inventDate(random),
    last_episode_to_air: {
      id: random.below(6_000_000),
      name: `The ${random.pick(NOUNS)}`,
      overview: "",
      vote_average: 0,
      vote_count: 0,
      air_date: inventDate(random),
      episode_number: random.between(1, 24),
      episode_type: "finale",
      production_code: "",
      runtime: null,
      season_number: seasons,
      show_id: facts.tmdbId,
      still_path: null,
    },
    name: facts.title,
    next_episode_to_air: null,
    networks: [
      { id: random.below(9000), logo_path: null, name: `TV ${random.pick(PLACES)}`, origin_country: "BR" },
    ],
    number_of_episodes: seasons * 13,
    number_of_seasons: seasons,
    origin_country: ["BR"],
    original_language: "pt",
    original_name: facts.originalTitle,
    overview: inventOverview(options.language, random),
    popularity: facts.popularity,
    poster_path: inventPath(random),
    production_companies: [inventCompany(random)],
    production_countries: [{ iso_3166_1: "BR", name: "Brazil" }],
    seasons: Array.from({ length: seasons }, (_, index) => ({
      air_date: inventDate(random),
      episode_count: 13,
      id: random.below(400_000),
      name: options.language.startsWith("pt") ? `Temporada ${index + 1}` : `Season ${index + 1}`,
      overview: "",
      poster_path: null,
      season_number: index + 1,
      vote_average: 0,
    })),
    spoken_languages: [{ english_name: "Portuguese", iso_639_1: "pt", name: "Português" }],
    status: "Ended",
    tagline: INVENTED,
    type: "Scripted",
    vote_average: random.between(2000, 9000) / 1000,
    vote_count: random.below(4000),
  };
}

function inventGenres(language: string, random: Random): readonly { id: number; name: string }[] {
  const first = random.below(MOVIE_GENRES.length - 1);
  const genres = MOVIE_GENRES.slice(first, first + random.between(1, 3));
  return genres.map(({ id, en, pt }) => ({ id, name: language.startsWith("pt") ? pt : en }));
}

function inventOverview(language: string, random: Random): string {
  const { name } = inventPerson(random);
  const place = random.pick(PLACES);
  if (language.startsWith("pt")) {
    return `Em ${place}, ${name} encontra o que ninguém havia perdido. Título inventado: esta história não existe.`;
  }
  return `In ${place}, ${name} finds what no one had lost. An invented title: there is no such story.`;
}

function inventCollection(random: Random): TmdbRecord {
  return {
    id: random.below(900_000),
    name: `${random.pick(NOUNS)} Collection`,
    poster_path: null,
    backdrop_path: null,
  };
}

function inventCompany(random: Random): TmdbRecord {
  return {
    id: random.below(200_000),
    logo_path: null,
    name: `${random.pick(PLACES)} Filmes`,
    origin_country: "BR",
  };
}

/** TMDB's ids of Disney's companies: the analysis knows films by them. */
const DISNEY_COMPANIES = [
  { id: 2, name: "Walt Disney Pictures" },
  { id: 6125, name: "Walt Disney Animation Studios" },
  { id: 3, name: "Pixar" },
] as const;

/** Two films of five have one of them. */
function pickDisney(business: Random): readonly TmdbRecord[] {
  if (!business.isLucky(0.4)) return [];
  return [{ ...business.pick(DISNEY_COMPANIES), logo_path: null, origin_country: "US" }];
}

function inventPath(random: Random): string {
  return `/${random
    .below(2 ** 32)
    .toString(36)
    .padStart(7, "0")}${random.below(2 ** 32).toString(36)}.jpg`;
}

function inventCreditId(random: Random): string {
  return [1, 2, 3]
    .map(() =>
      random
        .below(2 ** 32)
        .toString(16)
        .padStart(8, "0"),
    )
    .join("");
}

function inventDate(random: Random): string {
  const pad = (value: number): string => String(value).padStart(2, "0");
  return `${random.between(2001, 2022)}-${pad(random.between(1, 12))}-${pad(random.between(1, 28))}`;
}
