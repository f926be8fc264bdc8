/** Sends a reply that is made while it is sent: no faster than the client takes it, and until the client has gone. */
import type { ServerResponse } from "node:http";
import { SECURITY, StreamBrokenOff, type HttpStream } from "./exchange.ts";

/**
 * Each chunk waits until the client has taken the one before. Raises what the stream raises, unless its client has gone
 * or the end is an expected one; the reply then has no end.
 */
export async function sendStream(
  response: ServerResponse,
  { status, headers, open }: HttpStream,
  isHead: boolean,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  if (isHead || response.destroyed) gone.abort();
  try {
    const chunks = open(gone.signal);
    response.writeHead(status, { ...SECURITY, ...headers });
    if (!isHead) response.flushHeaders();
    for await (const chunk of chunks) {
      if (!response.write(chunk) && !gone.signal.aborted) await takes(response);
    }
    response.end();
  } catch (error) {
    if (error instanceof StreamBrokenOff) response.destroy();
    else if (!response.destroyed) throw error;
  }
}

/** Resolves when the client has taken what was written, or has gone. */
function takes(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      response.off("drain", go);
      response.off("close", go);
      resolve();
    };
    response.on("drain", go);
    response.on("close", go);
  });
}
