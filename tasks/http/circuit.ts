/** Whether requests are sent to a provider that keeps failing. The caller decides what counts as a failure. */
import type { Clock } from "../../model/ports/clock.ts";
import { TaskFailure } from "../../model/errors.ts";
import { countNoun } from "../../model/text/count-noun.ts";
import type { ProviderPlace } from "./provider.ts";

/** Permission for one attempt. Return it with exactly one of the three reports. */
export interface CircuitPass {
  readonly isProbe: boolean;
}

/** Sends, with the pass, a request that had a valid answer before, and reports; `false` if it knows of none. */
export type Sampler = (pass: CircuitPass) => boolean;

export interface Circuit {
  /**
   * At once while closed. While open it waits until the circuit closes or this caller may probe. `isFair`: the request
   * has never failed, so that its answer shows the state of the provider and not of one title. Rejects with the
   * signal's reason, or with a retryable `TaskFailure` with the provider's code `unavailable` after too many failed
   * probes.
   */
  enter(signal?: AbortSignal, isFair?: boolean): Promise<CircuitPass>;
  /** Adds a caller that can send a control question; the function it returns removes it. */
  addSampler(sample: Sampler): () => void;
  /** Whether a pass is still valid after its holder waited elsewhere: the circuit may have opened since. */
  isValid(pass: CircuitPass): boolean;
  /** The provider gave a valid answer. */
  reportSuccess(pass: CircuitPass): void;
  /**
   * The provider failed; `cause` as text. `true` if this report is the first since the circuit was closed to show that
   * the provider is the cause.
   */
  reportFailure(pass: CircuitPass, cause?: string): boolean;
  /** The attempt ended without information about the provider (aborted, paused by a 429). */
  reportNothing(pass: CircuitPass): void;
  readonly isOpen: boolean;
  /** Since the last valid answer; counted until the circuit opens. */
  readonly failuresInARow: number;
  /**
   * When the next probe may be sent, by the clock's monotonic time; `undefined` while the circuit is closed or only in
   * doubt.
   */
  readonly nextProbeMs: number | undefined;
}

export interface CircuitOptions {
  readonly clock: Clock;
  /** Named in the failure. */
  readonly provider: ProviderPlace;
  /** Failures in a row that open it. */
  readonly failuresToOpen?: number;
  /** Failed probes in a row after which all waiting callers are refused. */
  readonly maxProbes?: number;
}

interface Waiter {
  readonly isFair: boolean;
  admit(pass: CircuitPass): void;
  refuse(failure: TaskFailure): void;
}

const FIRST_COOL_DOWN_MS = 5000;
const MAX_COOL_DOWN_MS = 60_000;

const CLOSED_PASS: CircuitPass = Object.freeze({ isProbe: false });

/**
 * Closed → in doubt after `failuresToOpen` failures in a row → closed again, when a request that has not failed before
 * gets a valid answer: then the failures were those of their titles. Otherwise → open → after the cool-down one probe
 * at a time, with a cool-down that doubles after each failure → closed by the first that succeeds. While open only the
 * probe's report counts: late answers to older attempts say nothing about the present. After `maxProbes` failed probes
 * all waiting callers, and all that come within the last cool-down, are refused; later callers probe again.
 *
 * A probe is a fair sample if there is one: first a request that has not been sent yet, then one that had a valid
 * answer before, and only then one that has failed before.
 */
export function createCircuit(options: CircuitOptions): Circuit {
  const { clock, provider, failuresToOpen = 10, maxProbes = 5 } = options;
  const waiters = new Set<Waiter>();
  const samplers = new Set<Sampler>();
  /** In doubt a fair sample may be sent at once; a request that failed before waits for the cool-down. */
  let phase: "closed" | "in doubt" | "open" = "closed";
  let failures = 0;
  let lastCause = "";
  let coolDownMs = FIRST_COOL_DOWN_MS;
  let probeAtMs = 0;
  let failedProbes = 0;
  let hasGivenUp = false;
  /** It was reported since the circuit was last closed that the provider is the cause. */
  let hasBlamed = false;
  let probe: CircuitPass | undefined;
  let sleeping: AbortController | undefined;

  function describeOutage(): TaskFailure {
    const waitSeconds = Math.max(1, Math.ceil((probeAtMs - clock.monotonicMs()) / 1000));
    return new TaskFailure(
      provider.codes.unavailable,
      `${provider.host} keeps failing: ${countNoun(failuresToOpen, "request")} in a row and then ${countNoun(maxProbes, "probe")} got no valid answer.${lastCause === "" ? "" : ` The last: ${lastCause}.`}`,
      true,
      {
        retryAfterSeconds: waitSeconds,
        hint: `${provider.isAddressOwn ? `${provider.addressSetting} is ${provider.baseUrl}: is that right, and does anything answer there? ` : ""}What has been fetched is kept; the next attempt asks for the rest.`,
      },
    );
  }

  function startCoolDown(): void {
    probeAtMs = clock.monotonicMs() + coolDownMs;
    if (waiters.size > 0) void admitProbe();
  }

  /** Waits for the cool-down and sends the first waiting request as the probe. Only one such wait at a time. */
  async function admitProbe(): Promise<void> {
    if (sleeping !== undefined || probe !== undefined) return;
    const controller = new AbortController();
    sleeping = controller;
    try {
      for (
        let waitMs = probeAtMs - clock.monotonicMs();
        waitMs > 0;
        waitMs = probeAtMs - clock.monotonicMs()
      ) {
        await clock.sleep(Math.ceil(waitMs), controller.signal);
      }
    } catch {
      return;
    } finally {
      if (sleeping === controller) sleeping = undefined;
    }
    const [first] = waiters;
    if (phase === "closed" || probe !== undefined || first === undefined) return;
    hasGivenUp = false;
    phase = "open";
    const fair = [...waiters].find((waiter) => waiter.isFair);
    if (fair === undefined && askSample()) return;
    probe = { isProbe: true };
    (fair ?? first).admit(probe);
  }

  /** Whether a control question is being asked now. */
  function askSample(): boolean {
    const pass: CircuitPass = { isProbe: true };
    probe = pass;
    for (const sample of samplers) if (sample(pass)) return true;
    probe = undefined;
    return false;
  }

  function stopSleeping(): void {
    sleeping?.abort();
    sleeping = undefined;
  }

  /** A sample shows whether the provider is the cause; `true` if none can be sent at once. */
  function doubt(): boolean {
    phase = "in doubt";
    failedProbes = 0;
    hasGivenUp = false;
    coolDownMs = FIRST_COOL_DOWN_MS;
    startCoolDown();
    return !askSample() && blame();
  }

  /** `true` once until the circuit closes. */
  function blame(): boolean {
    const isNew = !hasBlamed;
    hasBlamed = true;
    return isNew;
  }

  function close(): void {
    phase = "closed";
    failures = 0;
    hasBlamed = false;
    for (const waiter of waiters) waiter.admit(CLOSED_PASS);
  }

  function recordFailedProbe(): void {
    failedProbes += 1;
    coolDownMs = Math.min(coolDownMs * 2, MAX_COOL_DOWN_MS);
    if (failedProbes < maxProbes) return startCoolDown();
    failedProbes = 0;
    hasGivenUp = true;
    probeAtMs = clock.monotonicMs() + coolDownMs;
    const failure = describeOutage();
    for (const waiter of waiters) waiter.refuse(failure);
  }

  function mayEnterAtOnce(isFair: boolean): Promise<CircuitPass> | undefined {
    if (phase === "closed") return Promise.resolve(CLOSED_PASS);
    if (isFair && phase === "in doubt" && probe === undefined) {
      probe = { isProbe: true };
      return Promise.resolve(probe);
    }
    if (hasGivenUp && clock.monotonicMs() < probeAtMs) return Promise.reject(describeOutage());
    return undefined;
  }

  return {
    enter(signal, isFair = false) {
      if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
      return (
        mayEnterAtOnce(isFair) ??
        new Promise((resolve, reject) => {
          const leave = (): void => {
            waiters.delete(waiter);
            signal?.removeEventListener("abort", giveUp);
          };
          const giveUp = (): void => {
            leave();
            if (waiters.size === 0) stopSleeping();
            reject(signal?.reason as Error);
          };
          const waiter: Waiter = {
            isFair,
            admit: (pass) => {
              leave();
              resolve(pass);
            },
            refuse: (failure) => {
              leave();
              reject(failure);
            },
          };
          waiters.add(waiter);
          signal?.addEventListener("abort", giveUp, { once: true });
          admitProbe().catch(reject);
        })
      );
    },
    addSampler(sample) {
      samplers.add(sample);
      return () => samplers.delete(sample);
    },
    isValid: (pass) => phase === "closed" || pass === probe,
    reportSuccess(pass) {
      if (phase === "closed") {
        failures = 0;
      } else if (pass === probe) {
        probe = undefined;
        close();
      }
    },
    reportFailure(pass, cause = "") {
      if (phase === "closed") {
        lastCause = cause;
        failures += 1;
        return failures >= failuresToOpen && doubt();
      }
      if (pass !== probe) return false;
      lastCause = cause;
      probe = undefined;
      if (phase === "open") {
        recordFailedProbe();
        return false;
      }
      phase = "open";
      startCoolDown();
      return blame();
    },
    reportNothing(pass) {
      if (pass !== probe) return;
      probe = undefined;
      phase = "open";
      if (waiters.size > 0) void admitProbe();
    },
    get isOpen() {
      return phase !== "closed";
    },
    get failuresInARow() {
      return failures;
    },
    get nextProbeMs() {
      return phase === "open" ? probeAtMs : undefined;
    },
  };
}
