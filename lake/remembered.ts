/** A question that is asked once: its answer is kept, its failure is not. */

/**
 * A function that asks at its first call and gives every caller the same answer. A caller whose signal is aborted stops
 * waiting; the question continues for the others.
 */
export function rememberAnswer<T>(ask: () => Promise<T>): (signal?: AbortSignal) => Promise<T> {
  let asked: Promise<T> | undefined;
  return async (signal) => {
    signal?.throwIfAborted();
    asked ??= ask().catch((fault: unknown) => {
      asked = undefined;
      throw fault;
    });
    return await raceWithAbort(asked, signal);
  };
}

async function raceWithAbort<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await answer;
  let stopListening = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    const abort = () => {
      reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
    };
    signal.addEventListener("abort", abort, { once: true });
    stopListening = () => signal.removeEventListener("abort", abort);
  });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    stopListening();
  }
}
