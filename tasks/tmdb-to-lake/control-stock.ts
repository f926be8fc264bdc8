/** Keeps one control question at hand: who needs one cannot wait for the books. Which one, is the caller's. */

export interface ControlStock<Control> {
  /** Each is given once, and the next is looked up at once. `undefined` while none is known. */
  take(): Control | undefined;
}

/** The first control is looked up before this resolves. A later look-up that fails counts as none. */
export async function openControlStock<Control>(
  pick: () => Promise<Control | undefined>,
): Promise<ControlStock<Control>> {
  let next = await pick();
  let isPicking = false;

  async function pickNext(): Promise<void> {
    if (isPicking) return;
    isPicking = true;
    next = await pick().catch(() => undefined);
    isPicking = false;
  }

  return {
    take() {
      const taken = next;
      next = undefined;
      void pickNext();
      return taken;
    },
  };
}
