/**
 * Posts JSON to a secret address. The address never leaves this file, nor does an error of axios, which contains it.
 * webhook-channel.ts decides what the answer means.
 */
import type { Agent } from "node:http";
import type { Readable } from "node:stream";
import type { Clock } from "../../model/ports/clock.ts";
import { startDeadline } from "./deadline.ts";
import { describeReachFault } from "./reach-fault.ts";

const DEADLINE_MS = 10_000;

/** The answer's HTTP status, or a short reason why there was none. */
export type HttpAnswer = { readonly status: number } | { readonly fault: string };

/** Rejects with the signal's reason if aborted; everything else is an answer. */
export async function postJson(
  url: string,
  body: string,
  clock: Clock,
  signal: AbortSignal,
  makeAgent?: () => Agent,
): Promise<HttpAnswer> {
  signal.throwIfAborted();
  // Loaded at the first notice: most schedulers never send one.
  const { create } = await import("axios");
  const agent = makeAgent?.();
  // Axios's own time-out restarts with each byte: a slow answer could take for ever.
  const deadline = startDeadline(clock, DEADLINE_MS, signal);
  try {
    const response = await create({ adapter: "http" }).post<Readable>(url, body, {
      headers: { "Content-Type": "application/json", "User-Agent": "dagmar", Connection: "close" },
      transformRequest: [],
      // The body is never read.
      responseType: "stream",
      decompress: false,
      // A redirect would send the notice and the secret to another server.
      maxRedirects: 0,
      validateStatus: () => true,
      signal: deadline.signal,
      // Turns off axios's reading of HTTPS_PROXY: the agent has the rule for every client.
      proxy: false,
      ...(agent === undefined ? {} : { httpAgent: agent, httpsAgent: agent }),
    });
    response.data.on("error", () => undefined).destroy();
    return { status: response.status };
  } catch (error) {
    signal.throwIfAborted();
    if (deadline.isExpired()) return { fault: `no answer within ${DEADLINE_MS / 1000} s` };
    return { fault: describeReachFault(error instanceof Error && "code" in error ? error.code : undefined) };
  } finally {
    deadline.end();
    agent?.destroy();
  }
}
