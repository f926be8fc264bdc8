/** Wakes the loop when there is news. A signal that is raised before the wait is kept, once. */
export interface WakeSignal {
  raise(): void;
  /** Resolves when the signal is raised, or at once if it was raised since the last wait. */
  wait(): Promise<void>;
}

export function createWakeSignal(): WakeSignal {
  let isRaised = false;
  let wake: (() => void) | undefined;
  return {
    raise() {
      isRaised = true;
      wake?.();
    },
    async wait() {
      if (!isRaised) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      isRaised = false;
      wake = undefined;
    },
  };
}
