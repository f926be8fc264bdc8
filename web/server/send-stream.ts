/** Sends a reply that is made while it is sent: no faster than the client takes it, and until the client has gone. */
import type { ServerResponse } from "node:http";
import { describeError } from "../../model/errors.ts";
import type { Logger } from "../../model/ports/logger.ts";
import { SECURITY, type HttpStream } from "./exchange.ts";

/** Each chunk waits until the client has taken the one before. A client that stops reading is hung up on. */
export async function sendStream(
  response: ServerResponse,
  { status, headers, open }: HttpStream,
  isHead: boolean,
  log: Logger,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  if (isHead || response.destroyed) gone.abort();
  response.writeHead(status, { ...SECURITY, ...headers });
  if (!isHead) response.flushHeaders();
  try {
    for await (const chunk of open(gone.signal)) {
      if (!response.write(chunk) && !gone.signal.aborted) await takes(response);
    }
    response.end();
  } catch (error) {
    // Without an end the client knows that something is missing.
    response.destroy();
    if (!gone.signal.aborted) log.error(`A stream could not be continued: ${describeError(error)}`);
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
