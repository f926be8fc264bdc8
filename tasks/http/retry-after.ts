/** What a `Retry-After` header asks for. How long a request may really wait is decided elsewhere. */

const SECONDS = /^\d{1,15}$/;
/** The three forms of an HTTP date (RFC 9110, section 5.6.7) begin with a weekday; `Date.parse` accepts far more. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/;

/**
 * Milliseconds from `now`, never negative; `undefined` when the header is absent or is neither a number of seconds nor
 * an HTTP date (RFC 9110, section 10.2.3). May be as large as the header says.
 */
export function parseRetryAfterMs(header: unknown, now: Date): number | undefined {
  if (typeof header !== "string") return undefined;
  const text = header.trim();
  if (SECONDS.test(text)) return Number(text) * 1000;
  if (!HTTP_DATE.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - now.getTime());
}
