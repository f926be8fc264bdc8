/** How notices are sent by mail: the server, how the connection is protected, and the addresses. */

export interface Mailbox {
  /** Shown before the address; empty for none. */
  readonly name: string;
  readonly address: string;
}

/**
 * `tls`: from the first byte. `starttls`: required, and nothing is sent before it. `none`: neither, for a server on this machine
 * or on request.
 */
export type MailSecurity = "tls" | "starttls" | "none";

export interface MailRoute {
  readonly host: string;
  readonly port: number;
  readonly security: MailSecurity;
  /** The password is a secret. */
  readonly login: { readonly user: string; readonly password: string } | null;
  readonly from: Mailbox;
  /** At least one; each address once. */
  readonly to: readonly Mailbox[];
}
