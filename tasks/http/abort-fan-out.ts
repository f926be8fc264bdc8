/** One listener on a caller's signal for any number of requests. */

export interface AbortFanOut {
  /** Calls `onAbort` once when the signal is aborted, unless the function it returns is called before. */
  listen(signal: AbortSignal, onAbort: () => void): () => void;
}

interface Audience {
  readonly listeners: Set<() => void>;
  readonly tell: () => void;
}

/**
 * Node warns of a leak from a signal's eleventh listener on, and each one costs; a task has one signal for everything.
 */
export function createAbortFanOut(): AbortFanOut {
  const audiences = new WeakMap<AbortSignal, Audience>();

  function gather(signal: AbortSignal): Audience {
    const listeners = new Set<() => void>();
    const audience: Audience = {
      listeners,
      tell: () => {
        for (const listener of listeners) listener();
      },
    };
    audiences.set(signal, audience);
    return audience;
  }

  return {
    listen(signal, onAbort) {
      const audience = audiences.get(signal) ?? gather(signal);
      if (audience.listeners.size === 0) signal.addEventListener("abort", audience.tell, { once: true });
      audience.listeners.add(onAbort);
      return () => {
        if (!audience.listeners.delete(onAbort) || audience.listeners.size > 0) return;
        signal.removeEventListener("abort", audience.tell);
      };
    },
  };
}
