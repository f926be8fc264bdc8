/** An executor behind which requests and results are text: what JSON does not hold unchanged fails the attempt. */
import { deepStrictEqual } from "node:assert/strict";
import type { AttemptRequest, AttemptResult, Executor } from "../../model/ports/executor.ts";

export interface Crossings {
  readonly requests: AttemptRequest[];
  readonly results: AttemptResult[];
}

export function createJsonExecutor(
  inner: Executor,
  { requests, results }: Crossings = { requests: [], results: [] },
): Executor {
  return {
    async submit(request, onProgress) {
      const sent = send(request);
      requests.push(sent);
      const result = send(await inner.submit(sent, (progress) => onProgress(send(progress))));
      results.push(result);
      return result;
    },
    wrapUp: (key) => inner.wrapUp(send(key)),
    cancel: (key, reason) => inner.cancel(send(key), reason),
  };
}

function send<T>(value: T): T {
  const received = JSON.parse(JSON.stringify(value)) as T;
  deepStrictEqual(received, value);
  return received;
}
