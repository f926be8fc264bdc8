/** Something to wait for: whoever has news rings; whoever waits looks again. A ring that nobody awaits is kept, once. */
export interface Bell {
  ring(): void;
  /** Resolves at the next ring, or at once when there was one since the last wait. */
  wait(): Promise<void>;
}

export function createBell(): Bell {
  let hasRung = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      hasRung = true;
      wake?.();
    },
    async wait() {
      if (!hasRung) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      hasRung = false;
      wake = undefined;
    },
  };
}
