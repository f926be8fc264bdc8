/** What is asked while the provider is in doubt: something that was answered soundly before. */
import type { HttpRequest } from "./exchange.ts";

export interface ControlQuestion {
  /** What was answered soundly a moment ago comes first: its failure cannot be its own. */
  pick(): HttpRequest | undefined;
  /** It was answered soundly just now. */
  remember(request: HttpRequest): void;
  /** It was not answered soundly as a control question. */
  forget(): void;
}

/** `pickEarlier` names something that was answered in an earlier run. */
export function createControlQuestion(pickEarlier: () => HttpRequest | undefined): ControlQuestion {
  let latest: HttpRequest | undefined;
  return {
    pick: () => latest ?? pickEarlier(),
    remember(request) {
      latest = request;
    },
    forget() {
      latest = undefined;
    },
  };
}
