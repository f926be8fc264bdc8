/** One after the other: work that must not overlap within this process. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Starts `work` when all that was handed in before has ended, well or badly. */
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
