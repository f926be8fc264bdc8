/** What a signal holds: its listeners, and the signals that `AbortSignal.any` made of it. */
import { getEventListeners } from "node:events";

/** The symbol of Node's own, under which a signal has one entry for each call of `AbortSignal.any`, as long as it lives. */
const DEPENDENT = "kDependantSignals";

export function countHeld(signal: AbortSignal): number {
  const symbol = Object.getOwnPropertySymbols(signal).find(({ description }) => description === DEPENDENT);
  const fields = signal as unknown as Readonly<Record<symbol, { readonly size: number } | undefined>>;
  const dependent = symbol === undefined ? undefined : fields[symbol];
  return getEventListeners(signal, "abort").length + (dependent?.size ?? 0);
}
