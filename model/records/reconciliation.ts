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

export function formatReconciliation(sum: Reconciliation): string {
  return (
    `asked ${sum.asked} = stored ${sum.stored} + already_stored ${sum.alreadyStored} + ` +
    `not_found ${sum.notFound} + failed ${sum.failed} + remaining ${sum.remaining}`
  );
}
