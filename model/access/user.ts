/** Who uses the pages and the API, and what a role may do. How a request proves who sends it is in credential.ts. */

export const ROLES = ["viewer", "operator"] as const;
/** A viewer may only read. */
export type Role = (typeof ROLES)[number];

export interface User {
  /** As events show it: `token deploy`, `marina (session 12)`. */
  readonly name: string;
  readonly role: Role;
}

/** Of a request to what is open without a login. */
export const ANONYMOUS: User = { name: "anonymous", role: "viewer" };

/** Of a request of this machine, where no login is needed. */
export const LOCAL: User = { name: "local", role: "operator" };

export function mayWrite({ role }: User): boolean {
  return role === "operator";
}
