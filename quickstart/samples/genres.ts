/** Which genres a sample title has: up to three of IMDb's names, in alphabetical order, as the real files write them. */
import type { Random } from "../invented/random.ts";

/** The genres that the shipped Dags ask for. */
const WANTED = ["Animation", "Comedy"] as const;

/** IMDb's names, frequent ones more than once. `Music` and `Musical` are both there: a substring test confuses them. */
const OTHERS: readonly string[] = (
  "Drama,Drama,Drama,Drama,Drama,Drama,Drama,Romance,Romance,Action,Action,Crime,Crime,Thriller,Thriller,Horror,Horror," +
  "Documentary,Documentary,Adventure,Adventure,Family,Fantasy,Biography,History,Music,Musical,Mystery,Sci-Fi,War," +
  "Western,Sport,Adult,Film-Noir,News"
).split(",");

/** A `genero` that names Animation or Comedy or both, alone or among others. */
export function inventWantedGenres(random: Random): string {
  const first = random.isLucky(0.12) ? WANTED[0] : WANTED[1];
  const genres = new Set<string>([first]);
  if (random.isLucky(0.06)) genres.add(first === "Comedy" ? "Animation" : "Comedy");
  return completeGenres(genres, random);
}

/** A `genero` without either, or `\N`. */
export function inventOtherGenres(random: Random): string {
  if (random.isLucky(0.03)) return "\\N";
  return completeGenres(new Set([random.pick(OTHERS)]), random);
}

function completeGenres(genres: Set<string>, random: Random): string {
  const wanted = 1 + random.below(3);
  for (let draw = 0; draw < 3 && genres.size < wanted; draw += 1) genres.add(random.pick(OTHERS));
  return [...genres].toSorted().join(",");
}
