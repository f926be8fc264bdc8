/** A document as a reply: compressed for a browser that takes it, with the headers that every page has. */
import { gzipSync } from "node:zlib";
import type { HttpReply, HttpRequest } from "../../server/exchange.ts";
import { acceptsGzip } from "./assets.ts";
import type { Html } from "./html.ts";

/** Everything comes from this server, and nothing that was typed or stored can run. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ");

/** Not kept by browsers: a page shows this moment, and each of its forms has a key of its own. */
export function sendPage(
  { headers }: Pick<HttpRequest, "headers">,
  status: number,
  { text }: Html,
  more: Readonly<Record<string, string>> = {},
): HttpReply {
  const isZipped = acceptsGzip(headers["accept-encoding"]);
  return {
    status,
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": POLICY,
      // With `no-referrer`, browsers would send forms with `Origin: null`, which the guard refuses.
      "Referrer-Policy": "same-origin",
      "Cache-Control": "no-cache",
      Vary: "Accept-Encoding, Accept-Language, Cookie",
      ...(isZipped ? { "Content-Encoding": "gzip" } : {}),
      ...more,
    },
    body: isZipped ? gzipSync(text, { level: 4 }) : text,
  };
}
