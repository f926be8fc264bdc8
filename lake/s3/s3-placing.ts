/**
 * What an existing object at a key means: our own lost attempt, the version that may be replaced, or an object that was there
 * first. Both ways of putting (one request, or parts) ask here; nothing else is ever overwritten.
 */
import { createHash } from "node:crypto";
import { LakeError } from "../../model/errors.ts";
import type { ObjectHead, ObjectMetadata, PutResult } from "../../model/ports/lake.ts";
import { isSameObject } from "../object-metadata.ts";
import { isAbsent, isConditionFailed, mayHaveHappened } from "./s3-faults.ts";
import type { S3Objects } from "./s3-objects.ts";

export type PutCondition = { readonly IfNoneMatch: "*" } | { readonly IfMatch: string };

export interface PlacingPlan {
  readonly key: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Complete, with our `sha256`. */
  readonly metadata: ObjectMetadata;
  /** The etag of the object that may be replaced; `null`: the key must be free. */
  readonly replaces: string | null;
  /** What the request says to the store; `null` if it does not honour that: then we look first and verify after. */
  readonly condition: PutCondition | null;
  /** Whether the store compares bodies with their checksum; if not, we read the object back. */
  readonly isChecked: boolean;
  readonly signal: AbortSignal | undefined;
}

export class Placing {
  readonly plan: PlacingPlan;
  readonly #objects: S3Objects;
  /** An earlier try of this call may have stored the object although its answer was lost. */
  #mayBeOurs = false;

  constructor(objects: S3Objects, plan: PlacingPlan) {
    this.#objects = objects;
    this.plan = plan;
  }

  /** The existing object at the key, judged; `undefined` if the planned one may be put. */
  async look(): Promise<PutResult | undefined> {
    const { key, replaces, signal } = this.plan;
    const standing = await this.#objects.head(key, signal);
    if (standing !== undefined) return this.#judge(standing);
    if (replaces === null) return undefined;
    throw new LakeError("LAKE_UNAVAILABLE", `${key} was removed while it was to be replaced.`, true);
  }

  /** Call it before each try: if the condition is not honoured, a look replaces it. */
  async lookIfUnconditional(): Promise<PutResult | undefined> {
    return this.plan.condition === null ? await this.look() : undefined;
  }

  /** Call it with each fault of a try; gives the result if the fault is a condition that was not met. */
  async settleFault(fault: unknown): Promise<{ readonly answer: PutResult } | undefined> {
    // With `If-Match` an object that is absent gives 404.
    if (isConditionFailed(fault) || (this.plan.replaces !== null && isAbsent(fault))) {
      const result = await this.look();
      return result === undefined ? undefined : { answer: result };
    }
    if (mayHaveHappened(fault)) this.#mayBeOurs = true;
    return undefined;
  }

  /** Call it with the result: verifies what the store does not guarantee. Raises `LAKE_CORRUPT`. */
  async verify(result: PutResult): Promise<PutResult> {
    const { key, sizeBytes, metadata, sha256, isChecked, condition, replaces, signal } = this.plan;
    if (result.outcome === "exists") {
      // It will be taken for the planned object, and may be the result of an earlier try.
      if (!isChecked && result.head.metadata["sha256"] === sha256) await this.#compareBytes();
      return result;
    }
    let { etag } = result;
    if (condition === null || etag === "") {
      const standing = await this.#objects.head(key, signal);
      if (standing === undefined || !isSameObject(standing, sizeBytes, metadata)) {
        throw new LakeError("LAKE_CORRUPT", `Another program wrote ${key} at the same moment.`, true, {
          hint: `This store does not honour ${replaces === null ? "If-None-Match" : "If-Match"}: let only one program write to this prefix.`,
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

  #judge(standing: ObjectHead): PutResult | undefined {
    const { sizeBytes, metadata, replaces } = this.plan;
    const isPlanned = isSameObject(standing, sizeBytes, metadata);
    if (replaces !== null && !isPlanned && standing.etag === replaces) return undefined;
    // What is replaced was recorded: the planned object can only come from an earlier try, of this call or of a dead process.
    const isOurs = isPlanned && (this.#mayBeOurs || replaces !== null);
    return isOurs ? { outcome: "created", etag: standing.etag } : { outcome: "exists", head: standing };
  }
}
