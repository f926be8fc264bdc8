/** Whether a provider is asked at all while it fails again and again. What counts as a failure is decided by the caller. */
import type { Clock } from "../../model/ports/clock.ts";
import { TaskFailure } from "../../model/errors.ts";
import type { ProviderPlace } from "./provider.ts";

/** Leave for one attempt. Hand it back by exactly one of the three reports. */
export interface CircuitPass {
  readonly isProbe: boolean;
}

/** Asks, under the pass, something that was answered soundly before, and reports; `false` when it knows of nothing such. */
export type Sampler = (pass: CircuitPass) => boolean;

export interface Circuit {
  /**
   * At once while closed. While open it waits until the circuit closes or this caller is the one to probe. `isFair`: the
   * caller asks what has never failed, so that its answer speaks of the provider and not of one title.
   * Rejects with the signal's reason, or with a retryable `TaskFailure` under the provider's `unavailable` after too many failed probes.
   */
  enter(signal?: AbortSignal, isFair?: boolean): Promise<CircuitPass>;
  /** Somebody who can ask a control question; the function it returns takes that back. */
  addSampler(sample: Sampler): () => void;
  /** Whether a pass that was waited with elsewhere still holds: the circuit may have opened since. */
  isValid(pass: CircuitPass): boolean;
  /** The provider answered sensibly. */
  reportSuccess(pass: CircuitPass): void;
  /** The provider failed; `cause` in words. `true` when this report is the first, since the circuit was closed, to show that it is the provider. */
  reportFailure(pass: CircuitPass, cause?: string): boolean;
  /** The attempt ended without a word about the provider (aborted, paused by a 429). */
  reportNothing(pass: CircuitPass): void;
  readonly isOpen: boolean;
  /** Since the last sound answer; counted until the circuit opens. */
  readonly failuresInARow: number;
  /** When the next probe may go, by the clock's monotonic time; `undefined` while the circuit is closed or merely in doubt. */
  readonly nextProbeMs: number | undefined;
}

export interface CircuitOptions {
  readonly clock: Clock;
  /** Named in the failure. */
  readonly provider: ProviderPlace;
  /** Failures in a row that open it. */
  readonly failuresToOpen?: number;
  readonly coolDownMs?: number;
  readonly maxCoolDownMs?: number;
  /** Failed probes in a row after which all who wait are sent away. */
  readonly maxProbes?: number;
}

interface Waiter {
  readonly isFair: boolean;
  admit(pass: CircuitPass): void;
  refuse(failure: TaskFailure): void;
}

const CLOSED_PASS: CircuitPass = Object.freeze({ isProbe: false });

/**
 * Closed → in doubt after `failuresToOpen` failures in a row → closed again, when something that is not known to be bad is
 * answered soundly: then the failures spoke of their titles. Else → open → after the cool-down one probe at a time, the
 * cool-down doubling with each that fails → closed by the first that succeeds. While open only the probe's report counts:
 * late answers to older attempts say nothing about now. After `maxProbes` failed probes all who wait, and all who come
 * within the last cool-down, are refused; who comes after that probes anew.
 *
 * A probe is a fair sample where there is one: first what nobody has asked yet, then what was answered soundly before, and
 * only then what has failed before.
 */
export function createCircuit(options: CircuitOptions): Circuit {
  const { clock, provider, failuresToOpen = 10, maxProbes = 5 } = options;
  const firstCoolDownMs = options.coolDownMs ?? 5000;
  const maxCoolDownMs = options.maxCoolDownMs ?? 60_000;
  const waiters = new Set<Waiter>();
  const samplers = new Set<Sampler>();
  /** In doubt a fair sample may be asked at once; what failed before has to wait for the cool-down. */
  let phase: "closed" | "in doubt" | "open" = "closed";
  let failures = 0;
  let lastCause = "";
  let coolDownMs = firstCoolDownMs;
  let probeAtMs = 0;
  let failedProbes = 0;
  let hasGivenUp = false;
  /** That it is the provider was said since the circuit was last closed. */
  let hasBlamed = false;
  let probe: CircuitPass | undefined;
  let sleeping: AbortController | undefined;

  function describeOutage(): TaskFailure {
    const waitSeconds = Math.max(1, Math.ceil((probeAtMs - clock.monotonicMs()) / 1000));
    return new TaskFailure(
      provider.codes.unavailable,
      `${provider.host} keeps failing: ${failuresToOpen} requests in a row and then ${maxProbes} probes got no valid answer.${lastCause === "" ? "" : ` The last: ${lastCause}.`}`,
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

  /** Waits for the cool-down and sends the first in line as the probe. One such wait at a time. */
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

  /** Whether somebody is asking a control question now. */
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

  /** Whether the provider is to blame is asked of a sample; `true` where none can be asked at once. */
  function doubt(): boolean {
    phase = "in doubt";
    failedProbes = 0;
    hasGivenUp = false;
    coolDownMs = firstCoolDownMs;
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
    coolDownMs = Math.min(coolDownMs * 2, maxCoolDownMs);
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
