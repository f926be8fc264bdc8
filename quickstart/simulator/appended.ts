/** What `append_to_response` adds, by name, without the `id` that the same answer has when it is asked alone. */
import { inventPerson } from "../invented/people.ts";
import type { Random } from "../invented/random.ts";
import { NOUNS } from "../invented/words.ts";

type Build = (imdbId: string, random: Random) => unknown;

const BOTH: Readonly<Record<string, Build>> = {
  alternative_titles: () => ({ results: [] }),
  images: () => ({ backdrops: [], logos: [], posters: [] }),
  recommendations: () => EMPTY_PAGE,
  reviews: () => EMPTY_PAGE,
  similar: () => EMPTY_PAGE,
  translations: () => ({ translations: [] }),
  videos: () => ({ results: [] }),
  "watch/providers": (imdbId) => ({
    results: { BR: { link: `https://example.invalid/${imdbId}/watch?locale=BR`, flatrate: [] } },
  }),
};

const EMPTY_PAGE = { page: 1, results: [], total_pages: 0, total_results: 0 };

/** Films and series differ: `keywords` is under `keywords` for the one and `results` for the other. */
const APPENDABLE: Readonly<Record<"movie" | "tv", Readonly<Record<string, Build>>>> = {
  movie: {
    ...BOTH,
    alternative_titles: () => ({ titles: [] }),
    credits: (_, random) => inventCredits(random),
    external_ids: (imdbId) => ({
      imdb_id: imdbId,
      wikidata_id: null,
      facebook_id: null,
      instagram_id: null,
      twitter_id: null,
    }),
    keywords: (_, random) => ({ keywords: inventKeywords(random) }),
    release_dates: () => ({ results: [inventRelease()] }),
  },
  tv: {
    ...BOTH,
    aggregate_credits: (_, random) => inventCredits(random),
    content_ratings: () => ({ results: [{ descriptors: [], iso_3166_1: "BR", rating: "L" }] }),
    credits: (_, random) => inventCredits(random),
    external_ids: (imdbId) => ({
      imdb_id: imdbId,
      freebase_mid: null,
      freebase_id: null,
      tvdb_id: null,
      tvrage_id: null,
      wikidata_id: null,
      facebook_id: null,
      instagram_id: null,
      twitter_id: null,
    }),
    keywords: (_, random) => ({ results: inventKeywords(random) }),
  },
};

/** Unknown names are ignored by TMDB, not refused. */
export function isAppendable(entity: "movie" | "tv", name: string): boolean {
  return Object.hasOwn(APPENDABLE[entity], name);
}

export function buildAppended(entity: "movie" | "tv", name: string, imdbId: string, random: Random): unknown {
  return APPENDABLE[entity][name]?.(imdbId, random);
}

interface Credits {
  readonly cast: Record<string, unknown>[];
  readonly crew: readonly Record<string, unknown>[];
}

function inventCredits(random: Random): Credits {
  const director = inventPerson(random);
  return {
    cast: [0, 1, 2].map((order) => inventCastMember(order, random)),
    crew: [
      {
        adult: false,
        gender: director.isWoman ? 1 : 2,
        id: random.below(4_000_000),
        known_for_department: "Directing",
        name: director.name,
        original_name: director.name,
        popularity: 0.6,
        profile_path: null,
        credit_id: random
          .below(2 ** 32)
          .toString(16)
          .padStart(24, "5"),
        department: "Directing",
        job: "Director",
      },
    ],
  };
}

export function inventCastMember(order: number, random: Random): Record<string, unknown> {
  const person = inventPerson(random);
  return {
    adult: false,
    gender: person.isWoman ? 1 : 2,
    id: random.below(4_000_000),
    known_for_department: "Acting",
    name: person.name,
    original_name: person.name,
    popularity: random.below(9000) / 1000,
    profile_path: null,
    cast_id: order + 1,
    character: `The ${random.pick(NOUNS)}`,
    credit_id: random
      .below(2 ** 32)
      .toString(16)
      .padStart(24, "5"),
    order,
  };
}

function inventKeywords(random: Random): readonly { id: number; name: string }[] {
  return [{ id: random.below(300_000), name: random.pick(NOUNS).toLowerCase() }];
}

function inventRelease(): Record<string, unknown> {
  const release = {
    certification: "L",
    descriptors: [],
    iso_639_1: "",
    note: "",
    release_date: "2011-03-04T00:00:00.000Z",
    type: 3,
  };
  return { iso_3166_1: "BR", release_dates: [release] };
}
