/** Rows of movies.csv and series.csv and answers of TMDB in their true shapes, about what a test names; the rest is invented. */

const MOVIES_HEADER =
  "id|tituloPincipal|tituloOriginal|anoLancamento|tempoMinutos|genero|notaMedia|numeroVotos|generoArtista|personagem|" +
  "nomeArtista|anoNascimento|anoFalecimento|profissao|titulosMaisConhecidos";
const SERIES_HEADER = MOVIES_HEADER.replace("anoLancamento|", "anoLancamento|anoTermino|");

export interface CsvTitle {
  readonly id: string;
  readonly title?: string;
  readonly year?: string;
  /** Only of series. */
  readonly endYear?: string;
  readonly minutes?: string;
  readonly genres?: string;
  readonly rating?: string;
  readonly votes?: string;
  /** A row each; fields from `generoArtista` on, joined as in the file. */
  readonly artists?: readonly string[];
}

/** An artist's part of a row. */
export const ARTIST = "actor|O Vento|Zeca Inventado|1970|\\N|actor,writer|tt0000001,tt0000002";

export function writeMovies(titles: readonly CsvTitle[]): string {
  return [MOVIES_HEADER, ...titles.flatMap((title) => writeRows(title, []))].join("\n").concat("\n");
}

export function writeSeries(titles: readonly CsvTitle[]): string {
  const rows = titles.flatMap((title) => writeRows(title, [title.endYear ?? "\\N"]));
  return [SERIES_HEADER, ...rows].join("\n").concat("\n");
}

function writeRows(title: CsvTitle, end: readonly string[]): readonly string[] {
  const {
    id,
    title: name = `Filme ${id}`,
    year = "2010",
    minutes = "90",
    genres = "Animation,Comedy",
  } = title;
  const { rating = "6.5", votes = "1200", artists = [ARTIST] } = title;
  return artists.map((artist) =>
    [id, name, name, year, ...end, minutes, genres, rating, votes, artist].join("|"),
  );
}

export interface Company {
  readonly id: number;
  readonly name: string;
}

export const DISNEY: Company = { id: 2, name: "Walt Disney Pictures" };
export const DISNEY_ANIMATION: Company = { id: 6125, name: "Walt Disney Animation Studios" };
export const PIXAR: Company = { id: 3, name: "Pixar" };
export const DISNEY_JAPAN: Company = { id: 144, name: "The Walt Disney Company (Japan)" };
export const OTHER: Company = { id: 9000, name: "Serra Filmes" };

/** The day on which a film is collected unless a test says otherwise. */
export const DAY = "2026-11-20";

/** A body of `GET /3/movie/{id}` with the Dag's `append`; `given` replaces its fields. */
export function answerMovie(imdbId: string, given: Readonly<Record<string, unknown>> = {}): object {
  const id = Number(imdbId.slice(2));
  return {
    adult: false,
    backdrop_path: null,
    belongs_to_collection: null,
    budget: 0,
    genres: [{ id: 16, name: "Animação" }],
    homepage: "",
    id,
    imdb_id: imdbId,
    origin_country: ["US"],
    original_language: "en",
    original_title: `Film ${imdbId}`,
    overview: "",
    popularity: 12.5,
    poster_path: null,
    production_companies: [describeCompany(OTHER)],
    production_countries: [{ iso_3166_1: "US", name: "United States of America" }],
    release_date: "2010-06-18",
    revenue: 0,
    runtime: 95,
    spoken_languages: [{ english_name: "English", iso_639_1: "en", name: "English" }],
    status: "Released",
    tagline: "",
    title: `Filme ${imdbId}`,
    video: false,
    vote_average: 7,
    vote_count: 500,
    credits: {
      cast: [describeMember(id, 1, { character: "O Vento", order: 0 })],
      crew: [describeMember(id, 2, { department: "Directing", job: "Director" })],
    },
    keywords: { keywords: [{ id: 7, name: "vento" }] },
    release_dates: {
      results: [
        {
          iso_3166_1: "BR",
          release_dates: [
            {
              certification: "L",
              descriptors: [],
              iso_639_1: "",
              note: "",
              release_date: "2010-06-25T00:00:00.000Z",
              type: 3,
            },
          ],
        },
      ],
    },
    external_ids: {
      imdb_id: imdbId,
      wikidata_id: null,
      facebook_id: null,
      instagram_id: null,
      twitter_id: null,
    },
    ...given,
  };
}

/** A body of `GET /3/tv/{id}` with the Dag's `append`; the IMDb id is in `external_ids` alone. */
export function answerSeries(imdbId: string, given: Readonly<Record<string, unknown>> = {}): object {
  const id = Number(imdbId.slice(2));
  return {
    adult: false,
    created_by: [{ id: 77, credit_id: "c77", name: "Rita Inventada", gender: 1, profile_path: null }],
    episode_run_time: [24],
    first_air_date: "2015-03-01",
    genres: [{ id: 16, name: "Animação" }],
    id,
    in_production: false,
    last_air_date: "",
    name: `Série ${imdbId}`,
    networks: [{ id: 5, logo_path: null, name: "TV Serra", origin_country: "BR" }],
    next_episode_to_air: null,
    number_of_episodes: 26,
    number_of_seasons: 2,
    original_name: `Series ${imdbId}`,
    popularity: 3.5,
    seasons: [
      {
        air_date: "2015-03-01",
        episode_count: 13,
        id: 901,
        name: "Temporada 1",
        season_number: 1,
        vote_average: 0,
      },
    ],
    status: "Ended",
    tagline: "",
    type: "Scripted",
    vote_average: 0,
    vote_count: 0,
    keywords: { results: [] },
    content_ratings: { results: [{ descriptors: [], iso_3166_1: "BR", rating: "L" }] },
    credits: { cast: [], crew: [] },
    external_ids: { imdb_id: imdbId, tvdb_id: 12, wikidata_id: "Q1" },
    ...given,
  };
}

export const describeCompany = ({ id, name }: Company): object => ({
  id,
  logo_path: null,
  name,
  origin_country: "US",
});

const describeMember = (film: number, person: number, role: object): object => ({
  adult: false,
  gender: 1,
  id: person,
  known_for_department: "Acting",
  name: `Pessoa ${person}`,
  original_name: `Person ${person}`,
  popularity: 1.5,
  profile_path: null,
  credit_id: `${film}-${person}`,
  ...role,
});
