/** What a reader of a page sees. */
import type { HttpReply } from "../../../web/server/exchange.ts";

/** In one line, without markup. */
export function plainText({ body }: Pick<HttpReply, "body">): string {
  return String(body)
    .replaceAll(/<(style|script|title)[^]*?<\/\1>/g, " ")
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll(/\s+/g, " ");
}

/** The panel of that id, with its markup. */
export function cutPanel({ body }: Pick<HttpReply, "body">, id: string): string {
  const text = String(body);
  const from = text.indexOf(`id="${id}"`);
  if (from < 0) throw new Error(`the page has no ${id}`);
  const next = text.indexOf("<section", from);
  return text.slice(from, next < 0 ? undefined : next);
}
