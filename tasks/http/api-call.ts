/** What is known about one request while its attempts go on: a notebook that decides nothing. */
import type { TaskFailure } from "../../model/errors.ts";
import type { AbortFanOut } from "./abort-fan-out.ts";
import type { AttemptFailure } from "./attempt-failure.ts";
import type { CircuitPass } from "./circuit.ts";

const NO_PASS: CircuitPass = Object.freeze({ isProbe: false });

/** Passes through axios in place of the real cause, whose stack axios would else write into at each pass. */
export class CallEnded extends Error {}

export interface ApiCallKind {
  readonly template: string;
  readonly isFair?: boolean;
  readonly isControl?: boolean;
}

export class ApiCall {
  /** The path as it may be shown. */
  readonly template: string;
  /** Aborted with the caller's reason; of this request alone, so that whoever waits may listen to it freely. */
  readonly signal: AbortSignal;
  /** It never failed before, so that its first attempt may stand for the provider's health. */
  readonly isFair: boolean;
  /** Asked in place of others while the provider is in doubt, once; nobody waits for what it says. */
  readonly isControl: boolean;
  attempts = 0;
  /** Attempts and own back-off together; waiting for the limiter, the circuit or a `Retry-After` is not in it. */
  spentMs = 0;
  startedMs = 0;
  /** Bodies that came whole but were no JSON. */
  badBodies = 0;
  hasReplacedConnection = false;
  hasExpired = false;
  pass: CircuitPass | undefined;
  failure: AttemptFailure | undefined;
  delayMs = 0;
  parsed: { readonly value: unknown } | undefined;
  /** Why the whole task cannot go on. */
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

  /** The signal of the attempt that now begins: aborted by the caller's, or when the deadline expires. */
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

  /** Harmless when no attempt is under way. */
  endAttempt(nowMs: number): void {
    if (this.#controller === undefined) return;
    this.spentMs += nowMs - this.startedMs;
    this.#cancelDeadline?.();
    this.#controller = undefined;
    this.#cancelDeadline = undefined;
  }

  /** It ends outside axios, with that cause; what is returned passes through axios in its place. */
  end(cause: unknown): CallEnded {
    this.ended = { cause };
    return new CallEnded();
  }

  takePass(): CircuitPass {
    const pass = this.pass ?? NO_PASS;
    this.pass = undefined;
    return pass;
  }

  /** Lets go of the caller's signal, which outlives thousands of requests. */
  close(): void {
    this.#cancelDeadline?.();
    this.#stopListening();
  }
}
