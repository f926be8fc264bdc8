/** Failures that may be the service's and not the title's: each is kept back until the service proves that it works. */
import { TaskFailure } from "../../model/errors.ts";
import type { PlannedId } from "../../model/records/ask-policy.ts";
import type { FailedTitle } from "./title-answer.ts";
import type { TmdbClient } from "./tmdb-client.ts";

export type AskedId = Pick<PlannedId, "askedId" | "generation">;

export interface DoubtfulFailures {
  /** A failure that is proven by its own answer is decided at once. */
  add(id: AskedId, failed: FailedTitle): void;
  /**
   * Decides the failures that were followed by a proof. After many answers of a foreign form in a row it asks the
   * control question; raises `TaskFailure` `CONFIG_INVALID` or `TMDB_UNAVAILABLE` if that gives no proof.
   */
  judge(signal: AbortSignal): Promise<void>;
  /** The same for all that are left, when no id is left to ask. */
  judgeAll(signal: AbortSignal): Promise<void>;
  /** So many that the next ids should be taken from another part of the plan. */
  readonly areMany: boolean;
}

interface Doubtful {
  readonly id: AskedId;
  readonly failed: FailedTitle;
  /** The client's proofs when it failed. */
  readonly proofs: number;
}

/** Complete answers that are not the title that was asked for. The circuit does not count all of them. */
const FOREIGN: ReadonlySet<string> = new Set(["not_a_title", "wrong_title", "bad_find_answer", "too_large"]);
const FAILURES_TO_SAMPLE = 3;
/** Below the 10 that open the circuit, so that the address is reported and not an outage. */
const FOREIGN_TO_ASK = 8;
/** One control question may fail by chance. */
const CONTROL_QUESTIONS = 2;

export function createDoubtfulFailures(
  client: TmdbClient,
  decide: (id: AskedId, failed: FailedTitle) => void,
): DoubtfulFailures {
  let kept: readonly Doubtful[] = [];
  let asking: Promise<void> | undefined;

  function release(): void {
    if (kept.length === 0) return;
    const { proofs } = client;
    const proven = kept.filter((one) => one.proofs < proofs);
    kept = kept.filter((one) => one.proofs >= proofs);
    for (const { id, failed } of proven) decide(id, failed);
  }

  async function demandProof(signal: AbortSignal): Promise<void> {
    for (let asked = 0; asked < CONTROL_QUESTIONS; asked += 1) {
      await client.askControl(signal);
      release();
      if (kept.length === 0) return;
    }
    throw describeService(client, kept);
  }

  return {
    add(id, failed) {
      if (failed.isProven === true) decide(id, failed);
      else kept = [...kept, { id, failed, proofs: client.proofs }];
    },
    async judge(signal) {
      release();
      if (kept.filter(({ failed }) => FOREIGN.has(failed.reason)).length < FOREIGN_TO_ASK) return;
      asking ??= demandProof(signal).finally(() => {
        asking = undefined;
      });
      await asking;
    },
    async judgeAll(signal) {
      release();
      if (kept.length > 0) await demandProof(signal);
    },
    get areMany() {
      return kept.length >= FAILURES_TO_SAMPLE;
    },
  };
}

function describeService(client: TmdbClient, kept: readonly Doubtful[]): TaskFailure {
  const { host, baseUrl } = client;
  const example = kept.find(({ failed }) => !FOREIGN.has(failed.reason)) ?? kept[0];
  const told = `${example?.failed.detail} (${example?.id.askedId})`;
  const isForeign = kept.every(({ failed }) => FOREIGN.has(failed.reason));
  const hint = "What was fetched is kept. Ids without an outcome are asked again.";
  if (isForeign && client.proofs === 0) {
    return new TaskFailure(
      "CONFIG_INVALID",
      `${baseUrl} is not TMDB's API: none of its ${kept.length} answers is the title that was asked for. ${told}.`,
      false,
      {
        hint: `Set TMDB_BASE_URL to the address of version 3 of the API, such as https://api.themoviedb.org/3. If it is set so already, a proxy answered instead of TMDB. ${hint}`,
      },
    );
  }
  if (kept.every(({ failed }) => failed.reason === "unreachable")) {
    return new TaskFailure("TMDB_UNAVAILABLE", `${host} cannot be reached: ${example?.failed.cause}.`, true, {
      hint: `Check the network, TMDB_BASE_URL and the proxy. ${hint}`,
    });
  }
  return new TaskFailure(
    "TMDB_UNAVAILABLE",
    `${host} gives no valid answer: neither the last ${kept.length} ids nor a control question got one. ${told}.`,
    true,
    { hint: `Check the host, TMDB_BASE_URL and any proxy in between. ${hint}` },
  );
}
