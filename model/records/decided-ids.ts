/**
 * Ids without a stored answer, as a manifest lists them, so that a database that was lost need not ask them again. The
 * list has a hash of its own: no object proves it.
 */
import { createHash } from "node:crypto";

/** The columns of a listed id, in their order. */
export const DECIDED_COLUMNS = [
  "asked_id",
  "outcome",
  "reason",
  "is_permanent",
  "generation",
  "logical_date",
  "fetched_at",
] as const;

export interface ListedDecision {
  readonly askedId: string;
  readonly outcome: "not_found" | "failed";
  readonly reason: string;
  readonly isPermanent: boolean;
  readonly generation: string;
  /** ISO UTC: the day from which `recheck_after` counts. */
  readonly logicalDate: string;
  /** ISO UTC. */
  readonly fetchedAt: string;
}

/** One JSON array for each id; the same ids in the same order always give the same texts. */
export function writeDecided(decisions: readonly ListedDecision[]): readonly string[] {
  return decisions.map(({ askedId, outcome, reason, isPermanent, generation, logicalDate, fetchedAt }) =>
    JSON.stringify([askedId, outcome, reason, isPermanent, generation, logicalDate, fetchedAt]),
  );
}

/** Lower-case hex. */
export function hashDecided(texts: readonly string[]): string {
  return createHash("sha256").update(texts.join("\n")).digest("hex");
}

/** The ids that a manifest lists; an older manifest has no such list. `undefined` if the list is not what was written. */
export function readDecided(decided: unknown, sha256: unknown): readonly ListedDecision[] | undefined {
  if (decided === undefined) return [];
  if (!Array.isArray(decided)) return undefined;
  const read = (decided as readonly unknown[]).map(readRow);
  const decisions = read.filter((row) => row !== undefined);
  const isWhole = decisions.length === read.length && hashDecided(writeDecided(decisions)) === sha256;
  return isWhole ? decisions : undefined;
}

function readRow(row: unknown): ListedDecision | undefined {
  if (!Array.isArray(row)) return undefined;
  const [askedId, outcome, reason, isPermanent, generation, logicalDate, fetchedAt] =
    row as readonly unknown[];
  if (outcome !== "not_found" && outcome !== "failed") return undefined;
  if (typeof askedId !== "string" || typeof reason !== "string" || typeof isPermanent !== "boolean")
    return undefined;
  if (typeof generation !== "string" || !isInstant(logicalDate) || !isInstant(fetchedAt)) return undefined;
  return { askedId, outcome, reason, isPermanent, generation, logicalDate, fetchedAt };
}

function isInstant(value: unknown): value is string {
  return typeof value === "string" && !Number.isNaN(Date.parse(value));
}
