/** The request that is sent while the provider is in doubt: one that had a valid answer before. */
import type { HttpRequest } from "./exchange.ts";

export interface ControlQuestion {
  /** The request that was answered last comes first: a failure cannot be its own. */
  pick(): HttpRequest | undefined;
  /** It had a valid answer just now, with this many bytes. */
  remember(request: HttpRequest, sizeBytes: number): void;
  /** It had no valid answer as a control question. */
  forget(): void;
}

/** A control question is sent to a service in trouble: it must not ask for megabytes. */
const MAX_CONTROL_BYTES = 1_000_000;

/** `pickEarlier` gives a request that was answered in an earlier run. */
export function createControlQuestion(pickEarlier: () => HttpRequest | undefined): ControlQuestion {
  let latest: HttpRequest | undefined;
  return {
    pick: () => latest ?? pickEarlier(),
    remember(request, sizeBytes) {
      if (sizeBytes <= MAX_CONTROL_BYTES) latest = request;
    },
    forget() {
      latest = undefined;
    },
  };
}
