/** Server-Sent Events as the HTML standard writes them, and the headers that keep proxies from holding them back. */
import type { HttpStream } from "../server/exchange.ts";

export const EVENT_STREAM_TYPE = "text/event-stream";

/** `id`: what a client sends as Last-Event-ID when it comes back. */
export function writeServerEvent(event: string, data: unknown, id?: number | string): string {
  // JSON has no line feeds outside of its escapes.
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

export function replyEventStream(open: HttpStream["open"]): HttpStream {
  return {
    status: 200,
    headers: {
      "Content-Type": "text/event-stream; charset=utf-8",
      "Cache-Control": "no-store",
      "X-Accel-Buffering": "no",
    },
    open,
  };
}
