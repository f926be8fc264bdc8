/**
 * How long one try of a request may take: a body, as long as the connection takes bytes of it; the head of an answer, a
 * fixed time from then. Whether a try that took too long is repeated is judged elsewhere.
 */
import type { Readable } from "node:stream";
import type { S3Timeouts } from "./s3-options.ts";

/** The shorter of the two limits is checked this many times. */
const LOOKS = 8;
/**
 * How many bytes of a body the system's buffers may hold: sending them takes time at the same pace as the bytes before.
 */
const BUFFERED_BYTES = 4 * 1024 * 1024;

export interface Patience {
  /** Aborted when the try took too long, or by one of the signals. */
  readonly signal: AbortSignal;
  /** Call it with the number of body bytes taken so far. */
  readonly progress: (takenBytes: number) => void;
}

export interface TryLimits {
  readonly timeouts: S3Timeouts;
  /** 0 without a body. */
  readonly bodyBytes: number;
  /** More time for the answer, if the store has much to do. */
  readonly extraMs: number;
}

/** Runs `work` within the limits. They do not apply to what it resolves to, such as a body. Raises a `TimeoutError`. */
export async function runTry<T>(
  { timeouts, bodyBytes, extraMs }: TryLimits,
  signals: readonly (AbortSignal | undefined)[],
  work: (patience: Patience) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const lookMs = Math.max(1, Math.floor(Math.min(timeouts.idleMs, timeouts.requestMs) / LOOKS));
  /** The bytes that were taken, check by check. */
  const taken: number[] = [0];
  let takenBytes = 0;
  let quietLooks = 0;
  let tooLong: Error | undefined;
  let isOver = false;

  function look(): void {
    if (isOver) return;
    const isSent = takenBytes >= bodyBytes;
    quietLooks += 1;
    const limitMs = isSent ? timeouts.requestMs + extraMs + 2 * lookMs * countTailLooks() : timeouts.idleMs;
    if (quietLooks * lookMs > limitMs) {
      tooLong = new Error(
        isSent
          ? `no answer within ${describeSeconds(limitMs)}`
          : `no byte could be sent for ${describeSeconds(limitMs)}, after ${takenBytes} of ${bodyBytes}`,
      );
      tooLong.name = "TimeoutError";
      controller.abort(tooLong);
      return;
    }
    if (!isSent) taken.push(takenBytes);
    wait();
  }

  /** How many checks the last part of the body took. */
  function countTailLooks(): number {
    const first = taken.findIndex((bytes) => bytes >= bodyBytes - BUFFERED_BYTES);
    return first < 0 ? 0 : taken.length - 1 - first;
  }

  function wait(): void {
    AbortSignal.timeout(lookMs).addEventListener("abort", look, { once: true });
  }

  const sources = signals.filter((signal) => signal !== undefined);
  const abort = (event: Event) => {
    if (event.target instanceof AbortSignal) controller.abort(event.target.reason);
  };
  for (const source of sources) {
    if (source.aborted) controller.abort(source.reason);
    source.addEventListener("abort", abort, { once: true });
  }
  wait();
  try {
    return await work({
      signal: controller.signal,
      progress(bytes) {
        if (bytes === takenBytes) return;
        takenBytes = bytes;
        quietLooks = 0;
      },
    });
  } catch (fault) {
    throw tooLong ?? fault;
  } finally {
    isOver = true;
    for (const source of sources) source.removeEventListener("abort", abort);
  }
}

/** Ends a body that gives no byte for `idleMs` although its reader wants some. */
export function endWhenStalled(body: Readable, idleMs: number): void {
  const lookMs = Math.max(1, Math.floor(idleMs / LOOKS));
  let quietLooks = 0;
  body.on("data", () => {
    quietLooks = 0;
  });
  const look = (): void => {
    if (body.readableEnded || body.destroyed) return;
    quietLooks = body.isPaused() ? 0 : quietLooks + 1;
    if (quietLooks * lookMs > idleMs) {
      body.destroy(new Error(`no byte arrived for ${describeSeconds(idleMs)}`));
      return;
    }
    wait();
  };
  const wait = (): void => {
    AbortSignal.timeout(lookMs).addEventListener("abort", look, { once: true });
  };
  wait();
}

function describeSeconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
