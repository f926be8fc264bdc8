/** Which statuses may be another one at the next attempt. What the others mean is the provider's business. */

export const TOO_MANY_REQUESTS = 429;

/** Such an answer never reaches the caller. */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 425 || status === TOO_MANY_REQUESTS || status >= 500;
}
