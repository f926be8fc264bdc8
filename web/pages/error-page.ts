/** `/errors/{code}`: what an error code means. The `type` of each problem leads here. */
import { describeErrorCode } from "../../model/errors.ts";
import { reply, replyMethodNotAllowed, TEXT, type HttpReply, type HttpRequest } from "../server/exchange.ts";

export const ERROR_PAGES = "/errors/";

export function answerErrorPage({ method, path }: HttpRequest): HttpReply {
  if (method !== "GET") return replyMethodNotAllowed(["GET", "HEAD"]);
  const code = path.slice(ERROR_PAGES.length);
  const meaning = describeErrorCode(code);
  if (meaning === undefined) return reply(404, TEXT, "There is no such error code.\n");
  return reply(200, TEXT, `${code}\n\n${meaning}\n`);
}
