/** Compares the books with the store: what is gone, what differs, what nobody entered. Changes nothing. */
import type { Lake, ObjectSummary } from "../../model/lake.ts";
import { hashObject } from "./learn-lake.ts";

export interface BookedObject {
  readonly key: string;
  readonly sha256: string | null;
  readonly sizeBytes: number;
}

export interface Deviation {
  readonly key: string;
  /** `missing`: booked and not there. `differs`: other bytes. `unknown`: there and not booked. */
  readonly verdict: "missing" | "differs" | "unknown";
  readonly detail: string;
}

export interface VerifyOptions {
  readonly prefix: string;
  /** Read every object and compare its SHA-256; else sizes and metadata are compared. */
  readonly isDeep: boolean;
  /** Keys of foreign objects that the books know and leave alone. */
  readonly foreignKeys: ReadonlySet<string>;
  readonly signal: AbortSignal;
  readonly onProgress?: (checked: number) => void;
}

const LOOKS_AT_ONCE = 8;

export async function verifyLake(
  lake: Lake,
  booked: readonly BookedObject[],
  options: VerifyOptions,
): Promise<readonly Deviation[]> {
  const { prefix, signal } = options;
  const standing = new Map<string, ObjectSummary>();
  for await (const summary of lake.list(prefix, signal)) standing.set(summary.key, summary);
  const deviations: Deviation[] = [];
  let checked = 0;
  const queue = booked.values();
  const look = async (): Promise<void> => {
    for (const object of queue) {
      const detail = await compare(lake, object, standing.get(object.key), options);
      if (detail !== undefined) deviations.push({ key: object.key, ...detail });
      checked += 1;
      options.onProgress?.(checked);
    }
  };
  await Promise.all(Array.from({ length: LOOKS_AT_ONCE }, look));
  const known = new Set(booked.map((object) => object.key));
  for (const summary of standing.values()) {
    if (known.has(summary.key) || options.foreignKeys.has(summary.key)) continue;
    deviations.push({
      key: summary.key,
      verdict: "unknown",
      detail: `${summary.sizeBytes} bytes that no run entered`,
    });
  }
  return deviations.toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

async function compare(
  lake: Lake,
  object: BookedObject,
  summary: ObjectSummary | undefined,
  options: VerifyOptions,
): Promise<Omit<Deviation, "key"> | undefined> {
  if (summary === undefined) return { verdict: "missing", detail: `${object.sizeBytes} bytes are gone` };
  if (summary.sizeBytes !== object.sizeBytes) {
    return { verdict: "differs", detail: `${summary.sizeBytes} bytes instead of ${object.sizeBytes}` };
  }
  const sha256 = options.isDeep
    ? await hashObject(lake, object.key, options.signal)
    : (await lake.head(object.key, options.signal))?.metadata["sha256"];
  if (sha256 === object.sha256) return undefined;
  return {
    verdict: "differs",
    detail: `sha256 ${sha256 ?? "unknown"} instead of ${object.sha256 ?? "unknown"}`,
  };
}
