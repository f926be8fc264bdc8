/** Whether a provider is asked at all while it fails again and again. What counts as a failure is decided by the caller. */
import type { Clock } from "../../../model/clock.ts";
import { TaskFailure } from "../../../model/errors.ts";

/** Leave for one attempt. Hand it back by exactly one of the three reports. */
export interface CircuitPass {
  readonly isProbe: boolean;
}

export interface Circuit {
  /**
   * At once while closed. While open it waits until the circuit closes or this caller is the one to probe.
   * Rejects with the signal's reason, or with `TaskFailure` `TMDB_UNAVAILABLE` (retryable) after too many failed probes.
   */
  enter(signal?: AbortSignal): Promise<CircuitPass>;
  /** Whether a pass that was waited with elsewhere still holds: the circuit may have opened since. */
  isValid(pass: CircuitPass): boolean;
  /** The provider answered sensibly. */
  reportSuccess(pass: CircuitPass): void;
  /** The provider failed. `true` when this very report opened the circuit. */
  reportFailure(pass: CircuitPass): boolean;
  /** The attempt ended without a word about the provider (aborted, paused by a 429). */
  reportNothing(pass: CircuitPass): void;
  readonly isOpen: boolean;
}

export interface CircuitOptions {
  readonly clock: Clock;
  /** Named in the failure; a host, never a URL with a query. */
  readonly host: string;
  /** Failures in a row that open it. */
  readonly failuresToOpen?: number;
  readonly coolDownMs?: number;
  readonly maxCoolDownMs?: number;
  /** Failed probes in a row after which all who wait are sent away. */
  readonly maxProbes?: number;
}

interface Waiter {
  admit(pass: CircuitPass): void;
  refuse(failure: TaskFailure): void;
}

const CLOSED_PASS: CircuitPass = Object.freeze({ isProbe: false });

/**
 * Closed → open after `failuresToOpen` failures in a row → after the cool-down one probe at a time, the cool-down
 * doubling with each that fails → closed by the first that succeeds. While open only the probe's report counts: late
 * answers to older attempts say nothing about now. After `maxProbes` failed probes all who wait, and all who come within
 * the last cool-down, are refused; who comes after that probes anew.
 */
export function createCircuit(options: CircuitOptions): Circuit {
  const { clock, host, failuresToOpen = 10, maxProbes = 5 } = options;
  const firstCoolDownMs = options.coolDownMs ?? 5000;
  const maxCoolDownMs = options.maxCoolDownMs ?? 60_000;
  const waiters = new Set<Waiter>();
  let failures = 0;
  let isOpen = false;
  let coolDownMs = firstCoolDownMs;
  let probeAtMs = 0;
  let failedProbes = 0;
  let hasGivenUp = false;
  let probe: CircuitPass | undefined;
  let sleeping: AbortController | undefined;

  function describeOutage(): TaskFailure {
    const waitSeconds = Math.max(1, Math.ceil((probeAtMs - clock.monotonicMs()) / 1000));
    return new TaskFailure(
      "TMDB_UNAVAILABLE",
      `${host} fails again and again: ${failuresToOpen} requests in a row and then ${maxProbes} probes got no sound answer.`,
      true,
      {
        retryAfterSeconds: waitSeconds,
        hint: "What has been fetched is kept; the next attempt asks for the rest.",
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
    if (!isOpen || probe !== undefined || first === undefined) return;
    hasGivenUp = false;
    probe = { isProbe: true };
    first.admit(probe);
  }

  function stopSleeping(): void {
    sleeping?.abort();
    sleeping = undefined;
  }

  function open(): void {
    isOpen = true;
    failedProbes = 0;
    hasGivenUp = false;
    coolDownMs = firstCoolDownMs;
    startCoolDown();
  }

  function close(): void {
    isOpen = false;
    failures = 0;
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

  function mayEnterAtOnce(): Promise<CircuitPass> | undefined {
    if (!isOpen) return Promise.resolve(CLOSED_PASS);
    if (hasGivenUp && clock.monotonicMs() < probeAtMs) return Promise.reject(describeOutage());
    return undefined;
  }

  return {
    enter(signal) {
      if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
      return (
        mayEnterAtOnce() ??
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
    isValid: (pass) => !isOpen || pass === probe,
    reportSuccess(pass) {
      if (!isOpen) {
        failures = 0;
      } else if (pass === probe) {
        probe = undefined;
        close();
      }
    },
    reportFailure(pass) {
      if (isOpen) {
        if (pass !== probe) return false;
        probe = undefined;
        recordFailedProbe();
        return false;
      }
      failures += 1;
      if (failures < failuresToOpen) return false;
      open();
      return true;
    },
    reportNothing(pass) {
      if (pass !== probe) return;
      probe = undefined;
      if (waiters.size > 0) void admitProbe();
    },
    get isOpen() {
      return isOpen;
    },
  };
}
