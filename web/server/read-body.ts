/** Reads the body of a request that writes: text of a known type, up to a limit. What it means is the route's. */
import type { IncomingMessage } from "node:http";
import { ANONYMOUS } from "../../model/access/user.ts";
import type { Admitted, RequestHead } from "./exchange.ts";

/** A form with every parameter of a Dag has a few kilobytes. */
const LIMIT_BYTES = 256 * 1024;
/** A login has some hundred bytes, and anyone may send one. */
const OPEN_LIMIT_BYTES = 8 * 1024;

export const JSON_BODY = "application/json";
export const FORM_BODY = "application/x-www-form-urlencoded";

/** Why a body is not read. */
export interface BodyFault {
  readonly status: 400 | 413 | 415;
  readonly detail: string;
}

/** Without the parameters, in lower case: `application/json`; empty if there is none. */
export function readContentType({ headers }: Pick<RequestHead, "headers">): string {
  return (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/** The body as text, empty if there is none. Rejects if the client goes away. */
export async function readBody(message: IncomingMessage, head: Admitted): Promise<string | BodyFault> {
  const limitBytes = head.user === ANONYMOUS ? OPEN_LIMIT_BYTES : LIMIT_BYTES;
  if (Number(head.headers["content-length"] ?? 0) > limitBytes) return refuseSize(limitBytes);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  // Not left early: that would close the connection before the client has read the answer.
  const iterator = message.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const chunk of iterator) {
    sizeBytes += chunk.length;
    if (sizeBytes > limitBytes) return refuseSize(limitBytes);
    chunks.push(chunk);
  }
  if (sizeBytes === 0) return "";
  return findTypeFault(head) ?? decode(Buffer.concat(chunks));
}

function findTypeFault(head: RequestHead): BodyFault | undefined {
  const type = readContentType(head);
  if (type !== JSON_BODY && type !== FORM_BODY) {
    return { status: 415, detail: `A body is ${JSON_BODY} or ${FORM_BODY}.` };
  }
  const encoding = head.headers["content-encoding"] ?? "identity";
  if (encoding.toLowerCase() !== "identity") {
    return { status: 415, detail: "A body is sent without a Content-Encoding." };
  }
  return undefined;
}

function decode(bytes: Buffer): string | BodyFault {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return { status: 400, detail: "The body is not UTF-8." };
  }
}

function refuseSize(limitBytes: number): BodyFault {
  return { status: 413, detail: `A body has at most ${limitBytes / 1024} KiB here.` };
}
