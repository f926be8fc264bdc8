/**
 * What it means that something stands at a key: our own lost attempt, or an object that was there first. Both ways of putting
 * (one request, or parts) ask here; nothing is ever written over.
 */
import { createHash } from "node:crypto";
import { LakeError } from "../../model/errors.ts";
import type { ObjectHead, ObjectMetadata, PutResult } from "../../model/ports/lake.ts";
import { isSameObject } from "../object-metadata.ts";
import { isConditionFailed, mayHaveHappened } from "./s3-faults.ts";
import type { S3Objects } from "./s3-objects.ts";

export interface PlacingPlan {
  readonly key: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Complete, our `sha256` included. */
  readonly metadata: ObjectMetadata;
  /** Whether the store honours the condition; without it we look first and verify after. */
  readonly isConditional: boolean;
  /** Whether the store compares bodies with their checksum; without it we read the object back. */
  readonly isChecked: boolean;
  readonly signal: AbortSignal | undefined;
}

export class Placing {
  readonly plan: PlacingPlan;
  readonly #objects: S3Objects;
  /** An earlier try of this call may have stored the object, its answer being lost. */
  #mayBeOurs = false;

  constructor(objects: S3Objects, plan: PlacingPlan) {
    this.#objects = objects;
    this.plan = plan;
  }

  /** What stands at the key already, judged; `undefined` where nothing does. */
  async look(): Promise<PutResult | undefined> {
    const standing = await this.#objects.head(this.plan.key, this.plan.signal);
    return standing === undefined ? undefined : this.#judge(standing);
  }

  /** To be called before each try: where the condition is not honoured, a look takes its place. */
  async lookIfUnconditional(): Promise<PutResult | undefined> {
    return this.plan.isConditional ? undefined : await this.look();
  }

  /** To be called with each fault of a try; answers for a condition that was not met. */
  async settleFault(fault: unknown): Promise<{ readonly answer: PutResult } | undefined> {
    if (isConditionFailed(fault)) {
      const result = await this.look();
      return result === undefined ? undefined : { answer: result };
    }
    if (mayHaveHappened(fault)) this.#mayBeOurs = true;
    return undefined;
  }

  /** To be called with the result: what the store does not promise is verified. Raises `LAKE_CORRUPT`. */
  async verify(result: PutResult): Promise<PutResult> {
    const { key, sizeBytes, metadata, sha256, isChecked, isConditional, signal } = this.plan;
    if (result.outcome === "exists") {
      // It will be taken for the planned one, and may be what the store made of an earlier try.
      if (!isChecked && result.head.metadata["sha256"] === sha256) await this.#compareBytes();
      return result;
    }
    let { etag } = result;
    if (!isConditional || etag === "") {
      const standing = await this.#objects.head(key, signal);
      if (standing === undefined || !isSameObject(standing, sizeBytes, metadata)) {
        throw new LakeError("LAKE_CORRUPT", `Another program wrote ${key} at the same moment.`, true, {
          hint: "This store does not honour If-None-Match: let only one program write to this prefix.",
        });
      }
      etag = standing.etag;
    }
    if (!isChecked) await this.#compareBytes();
    return { outcome: "created", etag };
  }

  async #compareBytes(): Promise<void> {
    const { key, sha256, signal } = this.plan;
    const { body } = await this.#objects.get(key, signal);
    const hash = createHash("sha256");
    for await (const chunk of body) hash.update(chunk as Buffer);
    if (hash.digest("hex") === sha256) return;
    throw new LakeError("LAKE_CORRUPT", `The store holds other bytes at ${key} than were sent.`, false, {
      hint: "Move that object away, then run again; this store does not verify checksums.",
    });
  }

  #judge(standing: ObjectHead): PutResult {
    const isOurs = this.#mayBeOurs && isSameObject(standing, this.plan.sizeBytes, this.plan.metadata);
    return isOurs ? { outcome: "created", etag: standing.etag } : { outcome: "exists", head: standing };
  }
}
