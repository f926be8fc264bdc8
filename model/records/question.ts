/** What counts as the same question to a provider, and the identity under which its answers are stored. */
import { createHash } from "node:crypto";

export interface Question {
  readonly dataset: string;
  /** The provider's base URL. */
  readonly baseUrl: string;
  readonly entity: string;
  readonly language: string;
  readonly append: readonly string[];
}

/** The generation of ids that were never asked anew on purpose. Sorts before every run stamp. */
export const FIRST_GENERATION = "0";

/**
 * SHA-256 over the question, its `append` sorted. The lake is left out: an object belongs to the lake that it stands in, so
 * a lake that was moved or copied is still known for what it holds.
 */
export function hashQuestion(question: Question): string {
  const { dataset, baseUrl, entity, language } = question;
  const canonical = JSON.stringify([
    dataset,
    normaliseBaseUrl(baseUrl),
    entity,
    language,
    sortAppend(question.append),
  ]);
  return createHash("sha256").update(canonical).digest("hex");
}

/** Sorted, without doubles. */
export function sortAppend(append: readonly string[]): readonly string[] {
  return [...new Set(append)].toSorted((a, b) => (a < b ? -1 : 1));
}

function normaliseBaseUrl(baseUrl: string): string {
  return new URL(baseUrl).href.replace(/\/+$/, "");
}
