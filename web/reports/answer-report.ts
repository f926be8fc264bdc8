/**
 * A report's page, as it is in the lake. It is HTML that was made of data, so the browser gets it without scripts, requests, forms
 * and this server's origin; the policy of Dagmar's own pages is another one (`web/pages/frame/send-page.ts`).
 */
import { DagmarError, describeError } from "../../model/errors.ts";
import { reply, replyMethodNotAllowed, TEXT, type HttpReply, type HttpRequest } from "../server/exchange.ts";

const PLACE = "/lake/reports/";

const POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "img-src data:",
  "sandbox",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** `undefined` for a key that is no report. */
export type ReadReport = (key: string) => Promise<Uint8Array | undefined>;

/** `undefined` for any other path. */
export async function answerReport(
  { method, path }: Pick<HttpRequest, "method" | "path">,
  read: ReadReport,
): Promise<HttpReply | undefined> {
  if (!path.startsWith(PLACE)) return undefined;
  if (method !== "GET") return replyMethodNotAllowed(["GET"]);
  const key = decodeKey(path.slice(PLACE.length));
  try {
    const body = key === undefined ? undefined : await read(key);
    if (body === undefined)
      return reply(404, TEXT, "There is no such report. /lake lists those that there are.\n");
    return {
      status: 200,
      headers: {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": POLICY,
        "Cache-Control": "no-store",
      },
      body,
    };
  } catch (error) {
    if (!(error instanceof DagmarError)) throw error;
    return reply(503, TEXT, `The lake could not be read. ${describeError(error)}\n`);
  }
}

function decodeKey(path: string): string | undefined {
  try {
    return path.split("/").map(decodeURIComponent).join("/");
  } catch {
    return undefined;
  }
}
