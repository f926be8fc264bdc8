/** What is asked while the provider is in doubt: something that was answered soundly before. */
import type { HttpRequest } from "./exchange.ts";

export interface ControlQuestion {
  /** What was answered soundly a moment ago comes first: its failure cannot be its own. */
  pick(): HttpRequest | undefined;
  /** It was answered soundly just now, with so many bytes. */
  remember(request: HttpRequest, sizeBytes: number): void;
  /** It was not answered soundly as a control question. */
  forget(): void;
}

/** A control question is asked of a service in trouble: it must not ask for megabytes. */
const MAX_CONTROL_BYTES = 1_000_000;

/** `pickEarlier` names something that was answered in an earlier run. */
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
