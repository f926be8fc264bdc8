/** A request and its reply as every part of the HTTP face sees them. The server alone touches sockets. */
import type { Credential } from "../../model/access/credential.ts";
import type { User } from "../../model/access/user.ts";

/** What is known of a request before its body is read. */
export interface RequestHead {
  /** `HEAD` is given as `GET`: the server leaves the body out. */
  readonly method: string;
  /** As sent, still encoded: `/api/v2/dags/a%20b`. */
  readonly path: string;
  /** With the question mark, or empty. */
  readonly search: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

/** As it came over its connection. */
export interface ReceivedHead extends RequestHead {
  /** `1.0` or `1.1`. */
  readonly httpVersion: string;
}

/** A request that has passed the guard: without the base path, and without tokens and sessions. */
export interface Admitted extends RequestHead {
  readonly user: User;
  /** What proved who the user is, without its secret; missing where no login is needed. */
  readonly credential?: Credential;
}

export interface HttpRequest extends Admitted {
  /** As it was sent; empty for `GET`, and if there is none. */
  readonly body: string;
}

export interface HttpReply {
  readonly status: number;
  /** Content-Length and the headers for security are the server's. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export type Chunk = string | Uint8Array;

/** A reply whose body is made while it is sent, and no faster than the client takes it. */
export interface HttpStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Called once. Ends soon after the signal, which comes when the client has gone. */
  readonly open: (signal: AbortSignal) => AsyncIterable<Chunk, undefined>;
}

/** What a stream raises to end early although nothing is wrong: its client sees that something is missing, and asks again. */
export class StreamBrokenOff extends Error {}

export type HttpAnswer = HttpReply | HttpStream;

/** On every reply. */
export const SECURITY = {
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
} as const;

export const TEXT = "text/plain; charset=utf-8";
export const JSON_TYPE = "application/json; charset=utf-8";

/** Not cached: every reply is about this moment. */
export function reply(status: number, contentType: string, body: string): HttpReply {
  return { status, headers: { "Content-Type": contentType, "Cache-Control": "no-store" }, body };
}

export function replyMethodNotAllowed(allowed: readonly string[]): HttpReply {
  const answer = reply(405, TEXT, `Only ${allowed.join(" and ")}.\n`);
  return { ...answer, headers: { ...answer.headers, Allow: allowed.join(", ") } };
}
