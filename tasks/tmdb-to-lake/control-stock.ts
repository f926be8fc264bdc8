/** Keeps one control question ready, because its user cannot wait for the database. The caller chooses which. */

export interface ControlStock<Control> {
  /** Each is given once, and the next is looked up at once. `undefined` while none is known. */
  take(): Control | undefined;
}

/** The first control is looked up before this resolves. If a later look-up fails, there is none. */
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
