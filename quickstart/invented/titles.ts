/**
 * Which invented title an IMDb id has. The sample CSVs and the simulator both use it, so that they describe the same
 * film; several ids may share a title, as they do in reality.
 */
import { createRandom, type Random } from "./random.ts";
import {
  ADJECTIVES,
  FOREIGN_TITLES,
  GIVEN_NAMES_FEMALE,
  GIVEN_NAMES_MALE,
  NOUNS,
  PLACES,
  SUBSTANTIVOS,
  SURNAMES,
  SYLLABLES,
} from "./words.ts";

export interface InventedTitle {
  readonly title: string;
  readonly originalTitle: string;
}

/** Decided by the id alone. Titles may hold quotes, commas, colons and accents; never `|` or a line break. */
export function inventTitle(imdbId: string): InventedTitle {
  const random = createRandom(`title ${imdbId}`);
  const title = composeTitle(random);
  if (random.isLucky(0.7)) return { title, originalTitle: title };
  return {
    title,
    originalTitle: random.isLucky(0.5) ? random.pick(FOREIGN_TITLES) : composePortuguese(random),
  };
}

function composeTitle(random: Random): string {
  const draw = random.below(200);
  if (draw < 60) return `${coinWord(random)} ${random.pick(NOUNS)}`;
  if (draw < 88) return `${coinWord(random)} ${coinWord(random)}`;
  if (draw < 100) return `The ${coinWord(random)}`;
  if (draw < 112) return `${random.pick(GIVEN_NAMES_FEMALE)} ${random.pick(SURNAMES)}`;
  if (draw < 118) return `The ${random.pick(ADJECTIVES)} ${random.pick(NOUNS)}`;
  if (draw < 122) return `The ${random.pick(NOUNS)}`;
  if (draw < 132) return `The ${random.pick(ADJECTIVES)} ${random.pick(NOUNS)} of ${random.pick(PLACES)}`;
  if (draw < 164) return composePortuguese(random);
  if (draw < 170) return random.pick(FOREIGN_TITLES);
  if (draw < 178) return `${random.between(2, 999)} ${random.pick(NOUNS)}s`;
  return composeOddly(random);
}

/** A word that no language has, so that a quarter of a million titles do not all share theirs with another. */
function coinWord(random: Random): string {
  const word =
    random.pick(SYLLABLES) + random.pick(SYLLABLES) + (random.isLucky(0.2) ? random.pick(SYLLABLES) : "");
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Titles that are hard to parse. */
function composeOddly(random: Random): string {
  const draw = random.below(28);
  if (draw < 8) return `${random.pick(PLACES)} ${random.between(2, 9)}: Return of the ${random.pick(NOUNS)}`;
  if (draw < 12) return `${random.pick(NOUNS)} of ${random.pick(PLACES)}: "${random.pick(ADJECTIVES)}"`;
  // A field that begins with a lone quote: readers that honour quotes swallow the rows after it.
  if (draw < 14) return `"${random.pick(ADJECTIVES)} ${random.pick(NOUNS)}`;
  // Genre names outside the genre column: a filter on the whole line finds these too.
  if (draw < 17) return `A Comedy of ${random.pick(NOUNS)}s`;
  if (draw < 19) return `Animation, ${random.between(2001, 2022)}`;
  if (draw < 23) {
    return `${random.pick(ADJECTIVES)}, ${random.pick(ADJECTIVES)} and ${random.pick(ADJECTIVES)}`;
  }
  return `${random.between(1001, 9999)}`;
}

function composePortuguese(random: Random): string {
  const first = random.pick(SUBSTANTIVOS);
  const draw = random.below(3);
  if (draw === 0) return `${first} em ${coinWord(random)}`;
  if (draw === 1) return `${first} de ${coinWord(random)}`;
  return `${first} de ${random.pick(GIVEN_NAMES_MALE)}`;
}
