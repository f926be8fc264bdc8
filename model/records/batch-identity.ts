/** A batch's permanent name, computed from its content, so that any reader of the object can check it. */
import { createHash } from "node:crypto";

export interface BatchContent {
  readonly questionHash: string;
  readonly generation: string;
  readonly logicalDate: string;
  readonly askedIds: readonly string[];
  /** Of the body. */
  readonly sha256: string;
}

/** 32 hex digits of SHA-256 over everything that the object's metadata claims. */
export function computeBatchUid(content: BatchContent): string {
  const { questionHash, generation, logicalDate, askedIds, sha256 } = content;
  const canonical = JSON.stringify([questionHash, generation, logicalDate, askedIds, sha256]);
  return createHash("sha256").update(canonical).digest("hex").slice(0, 32);
}
