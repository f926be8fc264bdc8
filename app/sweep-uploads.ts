/** Removes unfinished uploads: dead processes leave them, and they cost money and room. */
import { describeError } from "../model/errors.ts";
import type { App } from "./app.ts";

/** A younger upload may belong to a live process. */
const LEFTOVER_AGE_MS = 24 * 3600 * 1000;

type SweepingApp = Pick<App, "clock" | "lake" | "log">;

/** A store that refuses the removal stops no run. */
export async function sweepUploads({ clock, lake, log }: SweepingApp, signal: AbortSignal): Promise<void> {
  const before = new Date(clock.now().getTime() - LEFTOVER_AGE_MS);
  try {
    const swept = await lake.sweepLeftovers("", before, signal);
    if (swept > 0) log.info(`Removed ${swept} unfinished uploads`);
  } catch (error) {
    log.debug(`Unfinished uploads could not be removed: ${describeError(error)}`);
  }
}

/** How long the store's list of uploads may take after the work has ended. */
const SWEEP_GRACE_MS = 2_000;

/** Removes them during the work, and not much longer. */
export async function sweepBeside<T>(
  app: SweepingApp,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const sweeping = sweepUploads(app, AbortSignal.any([signal, over.signal]));
  try {
    return await work();
  } finally {
    await Promise.race([sweeping, app.clock.sleep(SWEEP_GRACE_MS, over.signal).catch(() => undefined)]);
    over.abort();
    await sweeping;
  }
}
