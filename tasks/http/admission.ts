/** When an attempt may be sent. `answer.ts` reports what the attempt says about the provider. */
import type { ApiCall } from "./api-call.ts";
import type { Traffic } from "./traffic.ts";

/** Resolves when it is the call's turn; rejects with the signal's reason, or as the circuit does. */
export async function admit(call: ApiCall, traffic: Traffic): Promise<void> {
  await awaitTurn(call, traffic);
  // Not before it is sent: a request that an open circuit refuses has asked nothing.
  if (call.attempts === 0 && !call.isControl) traffic.retryBudget.earn();
}

/** The circuit first: a turn at the limiter that then waited for the circuit would come as a burst when it closes. */
async function awaitTurn(call: ApiCall, { circuit, limiter }: Traffic): Promise<void> {
  if (call.isControl) return limiter.acquire(call.signal);
  for (;;) {
    const pass = await circuit.enter(call.signal, call.isFair && call.attempts === 0);
    call.pass = pass;
    await limiter.acquire(call.signal);
    if (circuit.isValid(pass)) return;
  }
}
