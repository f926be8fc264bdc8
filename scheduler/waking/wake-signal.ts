/** What the loop waits for: raised by whatever has news; the loop then looks again. One that is raised early is kept, once. */
export interface WakeSignal {
  raise(): void;
  /** Resolves when it is raised, or at once when it was since the last wait. */
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
