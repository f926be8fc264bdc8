/** Reads a report's page from the lake, for readers in a browser: only what the database has recorded as a page of ours. */
import { createHash } from "node:crypto";
import { LakeError } from "../../model/errors.ts";
import type { Lake } from "../../model/ports/lake.ts";
import { findReport } from "../../state/pages/reports.ts";
import type { Query } from "../../state/sqlite/query.ts";

/** Pages are at most 300 kB long. */
const MOST_BYTES = 1024 * 1024;

/** `undefined`: there is no such report. Raises `LAKE_CORRUPT` for other bytes than recorded, and what the lake raises. */
export async function readReport(lake: Lake, query: Query, key: string): Promise<Buffer | undefined> {
  const report = findReport(query, lake.id, key);
  if (report === undefined || report.sizeBytes > MOST_BYTES) return undefined;
  const { body } = await lake.get(key);
  const hash = createHash("sha256");
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > report.sizeBytes) break;
    hash.update(bytes);
    chunks.push(bytes);
  }
  if (size === report.sizeBytes && hash.digest("hex") === report.sha256) return Buffer.concat(chunks);
  throw new LakeError("LAKE_CORRUPT", `${key} holds other bytes than recorded.`, false, {
    hint: "A verification of the lake compares it with its records.",
  });
}
