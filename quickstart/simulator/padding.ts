/** Brings a record to about a wanted size: more cast where there are credits, the rest as a longer overview. */
import type { Random } from "../invented/random.ts";
import { inventCastMember } from "./appended.ts";

const FILLER = "and then something else happened that no one had foreseen, ";

/** Grows `record` in place; a record that is large enough is not changed. */
export function padRecord(record: Record<string, unknown>, sizeBytes: number, random: Random): void {
  let missing = sizeBytes - Buffer.byteLength(JSON.stringify(record));
  const cast = findCast(record["credits"]);
  while (cast !== undefined && missing > 500) {
    const member = inventCastMember(cast.length, random);
    cast.push(member);
    missing -= Buffer.byteLength(JSON.stringify(member)) + 1;
  }
  if (missing <= 0) return;
  const overview = typeof record["overview"] === "string" ? record["overview"] : "";
  record["overview"] = overview + FILLER.repeat(Math.ceil(missing / FILLER.length)).slice(0, missing);
}

function findCast(credits: unknown): unknown[] | undefined {
  if (typeof credits !== "object" || credits === null || !("cast" in credits)) return undefined;
  return Array.isArray(credits.cast) ? credits.cast : undefined;
}
