/** The sum that every ask must satisfy: each id ends in exactly one outcome. */

export interface Reconciliation {
  readonly asked: number;
  readonly stored: number;
  readonly alreadyStored: number;
  readonly notFound: number;
  readonly failed: number;
  readonly remaining: number;
  /** Part of `failed`: decided by this run. */
  readonly freshFailed: number;
}

/** Describes what is wrong with the sum, or `undefined`. `remaining` is allowed only under a limit. */
export function findImbalance(sum: Reconciliation, hasLimit: boolean): string | undefined {
  const total = sum.stored + sum.alreadyStored + sum.notFound + sum.failed + sum.remaining;
  const words = formatReconciliation(sum);
  if (total !== sum.asked) return `${words}: the sum does not hold`;
  if (sum.remaining > 0 && !hasLimit)
    return `${words}: ${sum.remaining} ids have no outcome, and there is no limit`;
  return undefined;
}

/**
 * `open`: it may still change. `remains`: ids have no outcome, though the run has ended and no limit lets them remain.
 * `broken`: an id is missing or counted twice.
 */
export const SUM_VERDICTS = ["holds", "open", "remains", "broken"] as const;
export type SumVerdict = (typeof SUM_VERDICTS)[number];

export interface JudgedSum {
  readonly sum: Reconciliation;
  /** Its run is queued or running. */
  readonly isOpen: boolean;
  readonly hasLimit: boolean;
}

export function judgeSum({ sum, isOpen, hasLimit }: JudgedSum): SumVerdict {
  if (findImbalance(sum, true) !== undefined) return "broken";
  if (isOpen) return "open";
  return findImbalance(sum, hasLimit) === undefined ? "holds" : "remains";
}

/** Of several sums: the one that most needs a look. */
export function joinVerdicts(verdicts: readonly SumVerdict[]): SumVerdict {
  return SUM_VERDICTS.findLast((verdict) => verdicts.includes(verdict)) ?? "holds";
}

export function formatReconciliation(sum: Reconciliation): string {
  return (
    `asked ${sum.asked} = stored ${sum.stored} + already_stored ${sum.alreadyStored} + ` +
    `not_found ${sum.notFound} + failed ${sum.failed} + remaining ${sum.remaining}`
  );
}
