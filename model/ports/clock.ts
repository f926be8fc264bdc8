/** The Clock port: the only way to get the time or to wait. Its implementation is the only file that reads a clock. */
export interface Clock {
  /** The present instant. */
  now(): Date;
  /** Milliseconds since an arbitrary origin; never goes back. For measuring and pacing. */
  monotonicMs(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when aborted earlier. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
