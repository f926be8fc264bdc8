/** Runs one piece of work after the other, where they must not overlap within this process. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Starts `work` when all earlier work has ended, successfully or not. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const mine = (async () => {
      await before.catch(() => undefined);
      return await work();
    })();
    this.#last = mine.catch(() => undefined);
    return await mine;
  }
}
