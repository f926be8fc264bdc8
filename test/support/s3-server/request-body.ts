/** How a request's body is received and compared with the checksums that came with it. */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import type { Body } from "./object-store.ts";
import { S3Fault } from "./s3-fault.ts";
import { readHeader } from "./signature.ts";

const MAX_SINGLE_PUT_BYTES = 5 * 1024 ** 3;

export interface ReceiveOptions {
  /** Bodies up to this size are kept. */
  readonly keepBytes: number;
  /** Changes the first byte before it is hashed. */
  readonly flip: boolean;
  /** How long to wait after each so many bytes: the body takes this long at least, however fast the machine is. */
  readonly pace?: { readonly bytes: number; readonly everyMs: number } | undefined;
}

/** Reads all of it. */
export async function receiveBody(
  request: IncomingMessage,
  { keepBytes, flip, pace }: ReceiveOptions,
): Promise<Body> {
  const announced = readHeader(request, "content-length");
  if (announced === "" || readHeader(request, "x-amz-content-sha256").startsWith("STREAMING-")) {
    // As Ceph and others do with the SDK's chunked streams.
    request.resume();
    throw new S3Fault(411, "MissingContentLength");
  }
  if (Number(announced) > MAX_SINGLE_PUT_BYTES) throw new S3Fault(400, "EntityTooLarge");
  const mayKeep = Number(announced) <= keepBytes;
  const kept: Buffer[] = [];
  const hash = createHash("sha256");
  let sizeBytes = 0;
  let waits = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    const bytes = flip && sizeBytes === 0 ? flipFirstBit(chunk) : chunk;
    hash.update(bytes);
    sizeBytes += bytes.length;
    if (mayKeep) kept.push(bytes);
    if (pace === undefined) continue;
    for (; (waits + 1) * pace.bytes <= sizeBytes; waits += 1) await wait(pace.everyMs);
  }
  return { bytes: mayKeep ? Buffer.concat(kept) : undefined, sizeBytes, sha256: hash.digest("hex") };
}

/** Raises S3's error for bytes that differ from the signed or summed ones. */
export function checkBody(request: IncomingMessage, body: Body): void {
  const signed = readHeader(request, "x-amz-content-sha256");
  if (signed !== "UNSIGNED-PAYLOAD" && signed !== body.sha256) {
    throw new S3Fault(400, "XAmzContentSHA256Mismatch");
  }
  const summed = readHeader(request, "x-amz-checksum-sha256");
  if (summed !== "" && summed !== toBase64(body)) throw new S3Fault(400, "BadDigest");
}

/** The SHA-256 in base64, as S3's headers have it. */
export function toBase64(body: Body): string {
  return Buffer.from(body.sha256, "hex").toString("base64");
}

/** The same body with one bit changed, and a hash to match. */
export function flipBody(body: Body): Body {
  const bytes = body.bytes === undefined ? undefined : flipFirstBit(body.bytes);
  return {
    ...body,
    bytes,
    sha256: createHash("sha256")
      .update(bytes ?? body.sha256)
      .digest("hex"),
  };
}

function flipFirstBit(bytes: Buffer): Buffer {
  const flipped = Buffer.from(bytes);
  if (flipped.length > 0) flipped[0] = (flipped[0] ?? 0) ^ 1;
  return flipped;
}
