/**
 * The mail server and the addresses of notices, from DAGMAR_SMTP_*. Faults never repeat the address of the server, which
 * holds a password.
 */
import type { Mailbox, MailRoute, MailSecurity } from "../../model/ports/mail-route.ts";
import { decodePart, type Parsed } from "../../model/text/address.ts";
import { isLoopback } from "../../model/text/loopback.ts";

export const SMTP_TLS = ["required", "off"] as const;

/** Of message submission with STARTTLS (RFC 6409) and with TLS from the start (RFC 8314). */
const PORTS: Readonly<Record<string, number>> = { "smtp:": 587, "smtps:": 465 };

type MailServer = Pick<MailRoute, "host" | "port" | "login"> & { readonly isTls: boolean };

/** `smtp://user:password@host:587` or `smtps://user:password@host:465`; user and password may both be missing. */
export function parseMailServer(text: string): Parsed<MailServer> {
  const example = "smtp://user:password@mail.example.com:587";
  if (!URL.canParse(text)) return { fault: `must be an address such as ${example}` };
  const url = new URL(text);
  const port = PORTS[url.protocol];
  if (port === undefined) return { fault: "must begin with smtp:// or smtps://" };
  if (url.hostname === "") return { fault: `names no server: ${example}` };
  if (!["", "/"].includes(url.pathname) || url.search !== "" || url.hash !== "") {
    return {
      fault: "must end after the server and its port; in a password write %2F for /, %3F for ?, %23 for #",
    };
  }
  if ((url.username === "") !== (url.password === "")) {
    return { fault: "must hold both a user and a password, or neither" };
  }
  const user = decodePart(url.username);
  const password = decodePart(url.password);
  if (user === undefined || password === undefined) {
    return { fault: "has a % in its user or password that begins no valid code; write %25 for a %" };
  }
  if (/\p{Cc}/u.test(user + password)) return { fault: "has a control character in its user or password" };
  return {
    value: {
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port === "" ? port : Number(url.port),
      isTls: url.protocol === "smtps:",
      login: user === "" ? null : { user, password },
    },
  };
}

/** No space, quote, control character or sign with a meaning in a header, in either part; the longest as in RFC 5321. */
const ADDRESS = /^[^\s<>()[\]\\,;:"@\p{Cc}]{1,64}@[^\s<>()[\]\\,;:"@\p{Cc}]{1,255}$/u;

/** `address` or `Name <address>`. */
export function parseMailbox(text: string): Parsed<Mailbox> {
  const [, shown, inner] = /^([^<>]*)<([^<>]*)>$/.exec(text.trim()) ?? [];
  const name = (shown ?? "").trim().replace(/^"(.*)"$/, "$1");
  const address = (inner ?? text).trim();
  if (!ADDRESS.test(address) || /[\p{Cc}"\\]/u.test(name)) {
    return { fault: "must be an address such as dagmar@example.com, or Dagmar <dagmar@example.com>" };
  }
  return { value: { name, address } };
}

/** Mailboxes with commas between them. */
export function parseMailboxes(text: string): Parsed<readonly Mailbox[]> {
  const boxes: Mailbox[] = [];
  for (const part of text.split(",")) {
    const parsed = parseMailbox(part);
    if ("fault" in parsed)
      return { fault: `${parsed.fault}, with a comma between two; a name must hold no comma` };
    const { address } = parsed.value;
    if (boxes.some((box) => box.address.toLowerCase() === address.toLowerCase())) {
      return { fault: `names ${address} twice` };
    }
    boxes.push(parsed.value);
  }
  return { value: boxes };
}

interface MailValues {
  readonly DAGMAR_SMTP_URL?: MailServer | undefined;
  readonly DAGMAR_SMTP_FROM?: Mailbox | undefined;
  readonly DAGMAR_SMTP_TO?: readonly Mailbox[] | undefined;
  readonly DAGMAR_SMTP_TLS?: (typeof SMTP_TLS)[number] | undefined;
}

/** Faults of the combination are missing here: see `listMailFaults`. */
export function makeMailRoute(values: MailValues): MailRoute | null {
  const { DAGMAR_SMTP_URL: server, DAGMAR_SMTP_FROM: from, DAGMAR_SMTP_TO: to } = values;
  if (server === undefined || from === undefined || to === undefined) return null;
  const { host, port, login } = server;
  return { host, port, login, from, to, security: chooseSecurity(server, values.DAGMAR_SMTP_TLS) };
}

function chooseSecurity({ isTls, host }: MailServer, tls: MailValues["DAGMAR_SMTP_TLS"]): MailSecurity {
  if (isTls) return "tls";
  // Nothing leaves this machine, and the certificate of a local server is rarely for its name.
  return tls === "off" || (tls === undefined && isLoopback(host)) ? "none" : "starttls";
}

/** Variables that need each other, from their texts. */
export function listMailFaults(given: Readonly<Record<string, string | undefined>>): readonly string[] {
  const needed = ["DAGMAR_SMTP_URL", "DAGMAR_SMTP_FROM", "DAGMAR_SMTP_TO"];
  const all = [...needed, "DAGMAR_SMTP_TLS"];
  const first = all.find((name) => given[name] !== undefined);
  const missing = needed.filter((name) => given[name] === undefined);
  const faults =
    first === undefined || missing.length === 0 ? [] : [`${first} also needs ${missing.join(" and ")}`];
  const isTls = /^\s*smtps:/i.test(given["DAGMAR_SMTP_URL"] ?? "");
  if (isTls && given["DAGMAR_SMTP_TLS"] === "off") {
    faults.push("DAGMAR_SMTP_TLS=off contradicts smtps:// in DAGMAR_SMTP_URL, which is TLS from the start");
  }
  return faults;
}

/** The password as written and decoded, for redaction. */
export function listMailSecrets(url: string | undefined): readonly string[] {
  if (url === undefined || !URL.canParse(url)) return [];
  const { password } = new URL(url);
  return password === "" ? [] : [...new Set([password, decodePart(password) ?? password])];
}
