/** Where a login may lead to: a path of this server, never an address. */

const LONGEST = 2_000;
/** Printable ASCII without a backslash, which browsers read as a slash; `//host` would be another server. */
const OWN_PATH = /^\/(?!\/)[!-[\]-~]*$/;

/** `/` for anything else. */
export function keepOwnPath(given: string | null | undefined): string {
  return given !== null && given !== undefined && given.length <= LONGEST && OWN_PATH.test(given)
    ? given
    : "/";
}
