/**
 * Bodies cut from one serialised pattern per kind of question, so that a benchmark measures its client and not this
 * server: only ids, titles and popularity differ from title to title.
 */
import type { Entity, RecordOptions, TitleFacts } from "./records.ts";
import type { World } from "./world.ts";

const PATTERN: TitleFacts = {
  imdbId: "tt!imdb!",
  tmdbId: 9_007_199_254_740_001,
  title: "!title!",
  originalTitle: "!original!",
  popularity: 8_888_888.125,
};

/** A text in the pattern and its replacement, as they appear inside JSON. */
const SLOTS: readonly { readonly mark: string; readonly fill: (facts: TitleFacts) => string }[] = [
  { mark: PATTERN.imdbId, fill: (facts) => facts.imdbId },
  { mark: String(PATTERN.tmdbId), fill: (facts) => String(facts.tmdbId) },
  { mark: JSON.stringify(PATTERN.title), fill: (facts) => JSON.stringify(facts.title) },
  { mark: JSON.stringify(PATTERN.originalTitle), fill: (facts) => JSON.stringify(facts.originalTitle) },
  { mark: String(PATTERN.popularity), fill: (facts) => String(facts.popularity) },
];

type Piece = Buffer | ((facts: TitleFacts) => string);

export interface InstantBodies {
  body(entity: Entity, facts: TitleFacts, question: Pick<RecordOptions, "language" | "append">): Buffer;
}

export function createInstantBodies(world: World): InstantBodies {
  const patterns = new Map<string, readonly Piece[]>();
  return {
    body(entity, facts, question) {
      const name = `${entity} ${question.language} ${question.append.join()}`;
      const pieces =
        patterns.get(name) ?? cutPattern(JSON.stringify(world.describe(entity, PATTERN, question)));
      patterns.set(name, pieces);
      return Buffer.concat(
        pieces.map((piece) => (typeof piece === "function" ? Buffer.from(piece(facts)) : piece)),
      );
    },
  };
}

function cutPattern(text: string): readonly Piece[] {
  let pieces: (string | Exclude<Piece, Buffer>)[] = [text];
  for (const { mark, fill } of SLOTS) {
    pieces = pieces.flatMap((piece) =>
      typeof piece === "string"
        ? piece.split(mark).flatMap((part, index) => (index === 0 ? [part] : [fill, part]))
        : [piece],
    );
  }
  return pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece));
}
