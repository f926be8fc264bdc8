/** Puts an answer on the wire, whole. */
import type { ServerResponse } from "node:http";
import type { Answer } from "./answer.ts";

export function sendAnswer(answer: Answer, response: ServerResponse): void {
  if (response.destroyed) return;
  response.writeHead(answer.status, {
    "content-type": "application/json;charset=utf-8",
    "content-length": answer.body.length,
    ...answer.headers,
  });
  response.end(answer.body);
}
