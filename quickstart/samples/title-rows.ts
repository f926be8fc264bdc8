/**
 * The rows of one sample title, one per artist, with the oddities of the real files: nulls as `\N`, but an empty
 * `profissao`; quotes that mean nothing; several roles run together; stray backslashes.
 */
import { inventPerson } from "../invented/people.ts";
import type { Random } from "../invented/random.ts";
import { inventTitle } from "../invented/titles.ts";
import { GIVEN_NAMES_FEMALE, GIVEN_NAMES_MALE, NOUNS, SURNAMES } from "../invented/words.ts";
import { inventOtherGenres, inventWantedGenres } from "./genres.ts";
import { formatImdbId } from "./id-numbers.ts";

export type SampleKind = "movies" | "series";

const MOVIE_COLUMNS =
  "id|tituloPincipal|tituloOriginal|anoLancamento|tempoMinutos|genero|notaMedia|numeroVotos|generoArtista|personagem|" +
  "nomeArtista|anoNascimento|anoFalecimento|profissao|titulosMaisConhecidos";

/** The publisher's own header lines, misspelling included, without the line break. */
export const HEADERS: Readonly<Record<SampleKind, string>> = {
  movies: MOVIE_COLUMNS,
  series: MOVIE_COLUMNS.replace("anoLancamento|", "anoLancamento|anoTermino|"),
};

/** The first year that counts for a title that matches. */
const SINCE = 2001;
const LAST_YEAR = 2022;

const PROFESSIONS = [
  "writer",
  "soundtrack",
  "producer",
  "director",
  "writer",
  "miscellaneous",
  "music_department",
  "stunts",
];

/** The lines of one title, without line breaks. `isMatching`: Animation or Comedy, and since 2001. */
export function inventTitleRows(
  kind: SampleKind,
  imdbId: string,
  artists: number,
  isMatching: boolean,
  random: Random,
): readonly string[] {
  const head = inventHead(kind, imdbId, isMatching, random);
  return Array.from({ length: artists }, () => `${head}|${inventArtist(kind, imdbId, random)}`);
}

function inventHead(kind: SampleKind, imdbId: string, isMatching: boolean, random: Random): string {
  const { title, originalTitle } = inventTitle(imdbId);
  const { year, genres } = isMatching ? inventMatch(random) : inventMiss(random);
  const minutes = random.isLucky(0.07)
    ? "\\N"
    : random.between(kind === "movies" ? 62 : 5, kind === "movies" ? 168 : 61);
  const end = kind === "movies" ? "" : `${inventEnd(year, random)}|`;
  const rating = (1 + random.below(88) / 10).toFixed(1);
  const votes = Math.floor(5 * Math.exp(random.next() * random.next() * 13));
  return `${imdbId}|${title}|${originalTitle}|${year}|${end}${minutes}|${genres}|${rating}|${votes}`;
}

interface Classification {
  readonly year: number | "\\N";
  readonly genres: string;
}

function inventMatch(random: Random): Classification {
  return { year: random.between(SINCE, LAST_YEAR), genres: inventWantedGenres(random) };
}

/** The right genre with too early or no year, or any year with other genres. */
function inventMiss(random: Random): Classification {
  if (random.isLucky(0.2)) {
    const year = random.isLucky(0.02) ? "\\N" : random.between(1926, SINCE - 1);
    return { year, genres: inventWantedGenres(random) };
  }
  const year = random.isLucky(0.01) ? "\\N" : random.between(random.isLucky(0.6) ? SINCE : 1905, LAST_YEAR);
  return { year, genres: inventOtherGenres(random) };
}

function inventEnd(year: number | "\\N", random: Random): number | "\\N" {
  if (year === "\\N" || random.isLucky(0.35)) return "\\N";
  return Math.min(LAST_YEAR, year + random.below(8));
}

function inventArtist(kind: SampleKind, imdbId: string, random: Random): string {
  const person = inventPerson(random);
  const trade = person.isWoman ? "actress" : "actor";
  const born = random.isLucky(0.5) ? "\\N" : random.between(1901, 2003);
  const died =
    born === "\\N" || random.isLucky(0.92) ? "\\N" : Math.min(LAST_YEAR, born + random.between(30, 90));
  const role = inventRole(kind, random);
  return `${trade}|${role}|${person.name}|${born}|${died}|${inventTrades(kind, trade, random)}|${inventKnownFor(imdbId, random)}`;
}

function inventRole(kind: SampleKind, random: Random): string {
  const draw = random.below(1000);
  if (draw < (kind === "movies" ? 160 : 12)) return "\\N";
  if (draw < 170) return `(segment \\${random.pick(NOUNS)}\\)`;
  if (draw < 174) return `"${random.pick(NOUNS)}`;
  const role = random.pick(random.isLucky(0.5) ? GIVEN_NAMES_FEMALE : GIVEN_NAMES_MALE);
  if (draw < 180) return `${role} "The ${random.pick(NOUNS)}"`;
  if (draw < 400) return `${role} ${random.pick(SURNAMES)}`;
  if (draw < 480) return `${role} (voice)`;
  return kind === "movies"
    ? role
    : `${role}${random.pick(GIVEN_NAMES_MALE)} ${random.pick(SURNAMES)}Narrator`;
}

function inventTrades(kind: SampleKind, trade: string, random: Random): string {
  if (random.isLucky(0.005)) return "";
  const others = kind === "movies" ? Math.max(0, random.below(5) - 2) : 1 + random.below(2);
  const names = new Set([trade]);
  for (let draw = 0; draw < others; draw += 1) names.add(random.pick(PROFESSIONS));
  return [...names].join(",");
}

function inventKnownFor(imdbId: string, random: Random): string {
  const draw = random.below(100);
  if (draw < 2) return "\\N";
  if (draw < 30) return imdbId;
  const ids = [imdbId];
  for (let more = 0; more < 3; more += 1) ids.push(formatImdbId(random.between(2, 19_999_999)));
  return ids.join(",");
}
