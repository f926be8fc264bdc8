/** Which statuses may change at the next attempt. The provider's code decides what the others mean. */

export const TOO_MANY_REQUESTS = 429;

/** Such an answer never reaches the caller. */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 425 || status === TOO_MANY_REQUESTS || status >= 500;
}
