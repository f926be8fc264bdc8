/** What an error of a mail's delivery means for the notice, and its text, without the password and what could contain it. */
import type { NodemailerError } from "nodemailer";
import type { MailRoute } from "../../model/ports/mail-route.ts";
import { cutText } from "../../model/text/cut-text.ts";
import type { Answer } from "./channel.ts";
import { describeReachFault } from "./reach-fault.ts";

const REPLY_LENGTH = 200;

/**
 * Final is a 5xx for the user and password, the sender, the recipient or the mail itself. Every other fault is about the
 * connection, also a 5xx: the notice may be sent once it is solved.
 */
export function judgeMailFault(error: unknown, route: MailRoute): Answer {
  const { permanent, command = "" } = error as NodemailerError;
  const isFinal = permanent === true && /^(?:AUTH |MAIL FROM|RCPT TO|DATA)/.test(command);
  return { kind: isFinal ? "refused" : "failed", error: describeMailFault(error, route) };
}

export function describeMailFault(error: unknown, route: MailRoute): string {
  const { code, originalCode, command = "", response } = error as NodemailerError;
  const reply = response === undefined ? undefined : describeReply(response, command, route);
  if (code === "EAUTH") {
    return reply === undefined
      ? "it offers no way to sign in that is known here"
      : `it refused the user and password (${reply})`;
  }
  if (code === "ETLS" && command === "STARTTLS" && reply !== undefined) {
    return `it offers no STARTTLS (${reply}), and DAGMAR_SMTP_TLS requires it`;
  }
  if (reply !== undefined)
    return `it answered ${command === "CONN" ? "the connection" : command} with ${reply}`;
  if (code === "ETIMEDOUT" && originalCode === undefined) return describeReachFault("ETIMEDOUT");
  if (code === "ECONNECTION" || code === "EPROTOCOL")
    return "the connection was ended, or no mail server answers there";
  return describeReachFault(originalCode ?? code);
}

/** An answer to AUTH may repeat what was sent: only its codes are shown. */
function describeReply(response: string, command: string, { login }: MailRoute): string {
  const text = response.replaceAll(/[\p{Cc}\s]+/gu, " ").trim();
  const [codes = "an unknown code"] = /^\d{3}(?: \d\.\d{1,3}\.\d{1,3})?/.exec(text) ?? [];
  const mayHoldPassword = command.startsWith("AUTH") || (login !== null && text.includes(login.password));
  return mayHoldPassword ? codes : cutText(text, REPLY_LENGTH);
}
