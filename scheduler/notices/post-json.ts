/**
 * Posts JSON to a secret address. The address never leaves this file, nor does an error of axios, which contains it.
 * judge-answer.ts decides what the answer means.
 */
import type { Agent } from "node:http";
import type { Readable } from "node:stream";
import type { Clock } from "../../model/ports/clock.ts";
import { describeNetworkFault, isCertificateFault, TRUST_HINT } from "../../model/text/network-fault.ts";
import type { Answer } from "./judge-answer.ts";

const DEADLINE_MS = 10_000;

/** Rejects with the signal's reason if aborted; everything else is an answer. */
export async function postJson(
  url: string,
  body: string,
  clock: Clock,
  signal: AbortSignal,
  makeAgent?: () => Agent,
): Promise<Answer> {
  signal.throwIfAborted();
  // Loaded at the first notice: most schedulers never send one.
  const { create } = await import("axios");
  const agent = makeAgent?.();
  const over = new AbortController();
  const expired = new AbortController();
  // Axios's own time-out restarts with each byte: a slow answer could take for ever.
  clock.sleep(DEADLINE_MS, over.signal).then(
    () => expired.abort(),
    () => undefined,
  );
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
      signal: AbortSignal.any([signal, expired.signal]),
      // Turns off axios's reading of HTTPS_PROXY: the agent has the rule for every client.
      proxy: false,
      ...(agent === undefined ? {} : { httpAgent: agent, httpsAgent: agent }),
    });
    response.data.on("error", () => undefined).destroy();
    return { status: response.status };
  } catch (error) {
    signal.throwIfAborted();
    return { fault: describeFault(error, expired.signal.aborted) };
  } finally {
    over.abort();
    agent?.destroy();
  }
}

function describeFault(error: unknown, hasExpired: boolean): string {
  if (hasExpired) return `no answer within ${DEADLINE_MS / 1000} s`;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  // Only Node's and axios's codes: a message would contain the address.
  if (typeof code !== "string" || !/^[A-Z][A-Z0-9_]*$/.test(code)) return "no answer";
  if (isCertificateFault(code)) return `it is not trusted: ${describeNetworkFault(code)}. ${TRUST_HINT}`;
  return `no answer: ${describeNetworkFault(code)}`;
}
