/** Which titles the simulator knows, what each of them is, and the record of each. The same options make the same world. */
import { hashText } from "../invented/random.ts";
import { inventTitle } from "../invented/titles.ts";
import { buildRecord, type Entity, type RecordOptions, type TitleFacts, type TmdbRecord } from "./records.ts";
import { toTmdbId } from "./tmdb-ids.ts";

/** `either`: whatever it is asked as, a film at `/movie` and a series at `/find`. */
type TitleKind = "movie" | "tv" | "either" | "unknown";

export interface WorldOptions {
  readonly seed: number;
  /** Share of ids that TMDB does not have. */
  readonly unknownShare: number;
  /** Only these are known, all of them; overrules `unknownShare`. */
  readonly knownIds: ReadonlySet<string> | undefined;
  /** What a known title is; default `either`, because an id does not show it. */
  readonly kindOf: ((imdbId: string) => TitleKind) | undefined;
  readonly bodySizeBytes: number | undefined;
  /** A few per cent of the films lack a top-level name or have one more. */
  readonly hasStructureDrift: boolean;
}

export interface World {
  kindOf(imdbId: string): TitleKind;
  /** `call` counts the calls for this title, from 1; `popularity` drifts with it. */
  describeFacts(imdbId: string, call: number): TitleFacts;
  describe(
    entity: Entity,
    facts: TitleFacts,
    question: Pick<RecordOptions, "language" | "append">,
  ): TmdbRecord;
}

export function createWorld(options: WorldOptions): World {
  const share = (purpose: string, imdbId: string): number =>
    hashText(`${purpose} ${options.seed} ${imdbId}`) / 4_294_967_296;
  return {
    kindOf(imdbId) {
      const isKnown = options.knownIds?.has(imdbId) ?? share("known", imdbId) >= options.unknownShare;
      return isKnown ? (options.kindOf?.(imdbId) ?? "either") : "unknown";
    },
    describeFacts(imdbId, call) {
      const base = Math.floor(share("popularity", imdbId) * 20_000) / 1000;
      const popularity = Math.round((base + call * 0.0137) * 10_000) / 10_000;
      return { imdbId, tmdbId: toTmdbId(imdbId) ?? 0, popularity, ...inventTitle(imdbId) };
    },
    describe(entity, facts, { language, append }) {
      const wanted = { language, append, sizeBytes: options.bodySizeBytes };
      const record = buildRecord(entity, facts, wanted, `${entity} ${options.seed} ${facts.imdbId}`);
      return options.hasStructureDrift && entity === "movie"
        ? drift(record, share("drift", facts.imdbId))
        : record;
    },
  };
}

function drift(record: TmdbRecord, draw: number): TmdbRecord {
  if (draw < 0.02) {
    return Object.fromEntries(Object.entries(record).filter(([name]) => name !== "origin_country"));
  }
  return draw < 0.04 ? { ...record, softcore: false } : record;
}
