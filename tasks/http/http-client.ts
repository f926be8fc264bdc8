/**
 * One GET becomes one answer: `admission.ts` decides when an attempt may be sent, `attempt.ts` sends and repeats it,
 * and `answer.ts` judges the result. The caller decides what an answer means. No axios error leaves this file, because
 * each holds the token many times.
 */
import type { AxiosResponse } from "axios";
import type { Clock } from "../../model/ports/clock.ts";
import type { Logger } from "../../model/ports/logger.ts";
import { createAbortFanOut } from "./abort-fan-out.ts";
import { createAnswerJudge } from "./answer.ts";
import { ApiCall, CallEnded } from "./api-call.ts";
import { createAttempts } from "./attempt.ts";
import type { CircuitPass } from "./circuit.ts";
import { openConnection, type ConnectionOptions } from "./connection.ts";
import { createControlQuestion } from "./control-question.ts";
import { readFailed, readRefused } from "./describe-attempt.ts";
import type { HttpAnswer, HttpRequest } from "./exchange.ts";
import type { Provider } from "./provider.ts";
import { DEFAULT_RETRY_RULES, type RetryRules } from "./retry-decision.ts";
import type { Traffic } from "./traffic.ts";

export interface HttpClientOptions extends ConnectionOptions {
  readonly provider: Provider;
  /** Appended to each query, without `&`; empty for none. */
  readonly secretQuery: string;
  readonly traffic: Traffic;
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
  readonly rules?: Partial<RetryRules>;
  /** A request that had a valid answer in an earlier run, to be sent while the provider is in doubt. */
  readonly pickControl: () => HttpRequest | undefined;
}

export interface HttpClient {
  /**
   * Rejects with the signal's reason when aborted, and with `TaskFailure`, with one of the provider's codes, if
   * continuing is useless now. Everything else, network faults too, is an answer.
   */
  get(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  /** Repeats once a request that gave a proof before; `true` if it gives one again. Rejects only when aborted. */
  askControl(signal: AbortSignal): Promise<boolean>;
  /**
   * The number of answers that gave a proof, control questions included; an absence in the provider's own form is one.
   */
  readonly proofs: number;
  /** Attempts sent. */
  readonly requests: number;
  readonly retries: number;
  /** Ends the kept-alive connections. */
  close(): void;
}

export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { provider, secretQuery, traffic } = options;
  const { circuit } = traffic;
  const rules: RetryRules = { ...DEFAULT_RETRY_RULES, ...options.rules };
  const fanOut = createAbortFanOut();
  const control = createControlQuestion(options.pickControl);
  const connection = openConnection(provider.baseUrl, options);
  const tools = { ...options, rules, control };
  const attempts = createAttempts(tools, connection, createAnswerJudge(tools));
  const closing = new AbortController();
  const stopSampling = circuit.addSampler(sample);
  let proofs = 0;

  function sample(pass: CircuitPass): boolean {
    const request = control.pick();
    if (request === undefined || closing.signal.aborted) return false;
    const call = new ApiCall({ template: request.template, isControl: true }, closing.signal, fanOut);
    call.pass = pass;
    // Its pass holds the outcome already; a fault of its own leaves its turn to the next.
    send(request, call).catch(() => undefined);
    return true;
  }

  async function send(request: HttpRequest, call: ApiCall): Promise<HttpAnswer> {
    const separator = request.path.includes("?") ? "&" : "?";
    const url = secretQuery === "" ? request.path : `${request.path}${separator}${secretQuery}`;
    try {
      return take(request, call, await attempts.send(url, call));
    } catch (error) {
      return readFailed(provider, call, error);
    } finally {
      call.close();
      if (call.pass !== undefined) circuit.reportNothing(call.takePass());
    }
  }

  function take(request: HttpRequest, call: ApiCall, response: AxiosResponse<Buffer>): HttpAnswer {
    if (call.parsed === undefined) {
      const refused = readRefused(response);
      if (provider.isAbsence(refused.status, refused.value)) proofs += 1;
      return { kind: "refused", ...refused };
    }
    if (request.isProof?.(call.parsed.value) === true) {
      proofs += 1;
      control.remember(request, response.data.length);
    }
    return { kind: "json", bytes: response.data, value: call.parsed.value };
  }

  return {
    async get(request, signal) {
      signal.throwIfAborted();
      return send(request, new ApiCall(request, signal, fanOut));
    },
    async askControl(signal) {
      const request = control.pick();
      if (request === undefined) return false;
      const before = proofs;
      const call = new ApiCall({ template: request.template, isControl: true }, signal, fanOut);
      await send(request, call).catch(() => undefined);
      signal.throwIfAborted();
      return proofs > before;
    },
    get proofs() {
      return proofs;
    },
    get requests() {
      return attempts.requests;
    },
    get retries() {
      return attempts.retries;
    },
    close() {
      stopSampling();
      closing.abort(new CallEnded());
      connection.close();
    },
  };
}
