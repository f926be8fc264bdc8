/** The state of one request during its attempts. It decides nothing. */
import type { TaskFailure } from "../../model/errors.ts";
import type { AbortFanOut } from "./abort-fan-out.ts";
import type { AttemptFailure } from "./attempt-failure.ts";
import type { CircuitPass } from "./circuit.ts";

const NO_PASS: CircuitPass = Object.freeze({ isProbe: false });

/** Passes through axios instead of the real cause, to whose stack axios would otherwise add at each pass. */
export class CallEnded extends Error {}

export interface ApiCallKind {
  readonly template: string;
  readonly isFair?: boolean;
  readonly isControl?: boolean;
}

export class ApiCall {
  /** The path in a form that may be shown. */
  readonly template: string;
  /** Aborted with the caller's reason; belongs to this request alone, so that listeners may be added freely. */
  readonly signal: AbortSignal;
  /** It never failed before, so that its first attempt shows the provider's health. */
  readonly isFair: boolean;
  /** Sent once instead of other requests while the provider is in doubt; nothing waits for its answer. */
  readonly isControl: boolean;
  attempts = 0;
  /** Attempts and our own back-off together; without waiting for the limiter, the circuit or a `Retry-After`. */
  spentMs = 0;
  startedMs = 0;
  /** Complete bodies that were not JSON. */
  badBodies = 0;
  hasReplacedConnection = false;
  hasExpired = false;
  pass: CircuitPass | undefined;
  failure: AttemptFailure | undefined;
  delayMs = 0;
  parsed: { readonly value: unknown } | undefined;
  /** Why the whole task cannot continue. */
  stop: TaskFailure | undefined;
  /** Set when the request ended outside axios: aborted, or refused by the circuit. */
  ended: { readonly cause: unknown } | undefined;

  #controller: AbortController | undefined;
  #cancelDeadline: (() => void) | undefined;
  readonly #stopListening: () => void;

  constructor(
    { template, isFair = true, isControl = false }: ApiCallKind,
    callerSignal: AbortSignal,
    fanOut: AbortFanOut,
  ) {
    const whole = new AbortController();
    this.template = template;
    this.isFair = isFair;
    this.isControl = isControl;
    this.signal = whole.signal;
    this.#stopListening = fanOut.listen(callerSignal, () => {
      whole.abort(callerSignal.reason);
      this.#controller?.abort();
    });
  }

  /** The signal of the attempt that now begins: aborted by the caller's signal, or when the deadline expires. */
  startAttempt(nowMs: number, startDeadline: (expire: () => void) => () => void): AbortSignal {
    const controller = new AbortController();
    this.#controller = controller;
    this.attempts += 1;
    this.startedMs = nowMs;
    this.hasExpired = false;
    this.#cancelDeadline = startDeadline(() => {
      this.hasExpired = true;
      controller.abort();
    });
    if (this.signal.aborted) controller.abort();
    return controller.signal;
  }

  /** Harmless if no attempt is running. */
  endAttempt(nowMs: number): void {
    if (this.#controller === undefined) return;
    this.spentMs += nowMs - this.startedMs;
    this.#cancelDeadline?.();
    this.#controller = undefined;
    this.#cancelDeadline = undefined;
  }

  /** The request ends outside axios with that cause; the returned error passes through axios instead. */
  end(cause: unknown): CallEnded {
    this.ended = { cause };
    return new CallEnded();
  }

  takePass(): CircuitPass {
    const pass = this.pass ?? NO_PASS;
    this.pass = undefined;
    return pass;
  }

  /** Stops listening to the caller's signal, which lives longer than thousands of requests. */
  close(): void {
    this.#cancelDeadline?.();
    this.#stopListening();
  }
}
