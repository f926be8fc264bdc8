/** Whether a request carries a right AWS Signature Version 4 in its headers, computed again from what came over the wire. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { S3Fault } from "./s3-fault.ts";

export interface ServerCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** S3 allows a clock to be 15 minutes off. */
const MAX_SKEW_MS = 15 * 60 * 1000;
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;

/** Raises the fault that S3 would answer with. */
export function checkSignature(
  request: IncomingMessage,
  credentials: ServerCredentials,
  region: string,
  nowMs: number,
): void {
  const match = AUTHORIZATION.exec(request.headers.authorization ?? "");
  if (match === null) throw new S3Fault(403, "AccessDenied");
  const [, accessKeyId = "", day = "", signedRegion = "", signedHeaders = "", signature = ""] = match;
  if (accessKeyId !== credentials.accessKeyId) throw new S3Fault(403, "InvalidAccessKeyId");
  const token = readHeader(request, "x-amz-security-token");
  if (token !== (credentials.sessionToken ?? "")) {
    throw new S3Fault(400, token === "" ? "InvalidToken" : "ExpiredToken");
  }
  if (signedRegion !== region) throw new S3Fault(400, "AuthorizationHeaderMalformed");
  const date = readHeader(request, "x-amz-date");
  if (Math.abs(parseAmzDate(date) - nowMs) > MAX_SKEW_MS) throw new S3Fault(403, "RequestTimeTooSkewed");

  const names = signedHeaders.split(";");
  if (!names.includes("host") || !names.includes("x-amz-content-sha256")) {
    throw new S3Fault(403, "AccessDenied");
  }
  const url = new URL(request.url ?? "/", "http://localhost");
  const canonical = [
    request.method,
    url.pathname,
    canonicalQuery(url),
    ...names.map((name) => `${name}:${readHeader(request, name).trim().replaceAll(/ +/g, " ")}`),
    "",
    signedHeaders,
    readHeader(request, "x-amz-content-sha256"),
  ].join("\n");
  const scope = `${day}/${region}/s3/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", date, scope, createHash("sha256").update(canonical).digest("hex")].join(
    "\n",
  );
  const key = [day, region, "s3", "aws4_request"].reduce<Buffer>(
    (above, part) => createHmac("sha256", above).update(part).digest(),
    Buffer.from(`AWS4${credentials.secretAccessKey}`),
  );
  const expected = createHmac("sha256", key).update(toSign).digest();
  if (!timingSafeEqual(expected, Buffer.from(signature, "hex"))) {
    throw new S3Fault(403, "SignatureDoesNotMatch");
  }
}

/** Empty when absent. */
export function readHeader(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(",") : (value ?? "");
}

function canonicalQuery(url: URL): string {
  return [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join("&");
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function parseAmzDate(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) throw new S3Fault(403, "AccessDenied");
  const [, year, month, day, hour, minute, second] = match.map(Number);
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
}
