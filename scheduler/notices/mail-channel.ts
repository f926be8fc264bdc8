/**
 * Sends notices by mail over SMTP, one mail for each recipient, so that the refusal of one does not concern the others. The
 * password never leaves this file, nor does an error of nodemailer, which may contain it.
 */
import type { Transporter } from "nodemailer";
import type { Clock } from "../../model/ports/clock.ts";
import type { MailRoute } from "../../model/ports/mail-route.ts";
import type { NoticeChannel } from "./channel.ts";
import { startDeadline } from "./deadline.ts";
import { describeMailFault, judgeMailFault } from "./mail-fault.ts";
import { renderMail, type MailFacts } from "./render-mail.ts";

/** For a whole mail; servers that suspect spam let the greeting wait for half a minute. */
const DEADLINE_MS = 60_000;
const EXAMINE_MS = 10_000;

export interface MailOptions {
  readonly route: MailRoute;
  readonly clock: Clock;
  readonly facts: () => MailFacts;
}

export function createMailChannel({ route, clock, facts }: MailOptions): NoticeChannel {
  const server = route.host.includes(":") ? `[${route.host}]:${route.port}` : `${route.host}:${route.port}`;
  return {
    name: "mail",
    title: ["The mail server", "the mail server"],
    todo: "Check DAGMAR_SMTP_URL, DAGMAR_SMTP_FROM and DAGMAR_SMTP_TO.",
    async deliver(notice, signal) {
      signal.throwIfAborted();
      const { recipient } = notice;
      if (recipient === null || !route.to.some(({ address }) => address === recipient)) {
        return { kind: "refused", error: `${recipient ?? "its address"} is no longer in DAGMAR_SMTP_TO` };
      }
      const deadline = startDeadline(clock, DEADLINE_MS, signal);
      try {
        const mail = renderMail(notice, route, facts());
        const transporter = await openTransporter(route, DEADLINE_MS);
        await transporter.sendMail({
          from: { ...route.from },
          to: route.to.map((box) => ({ ...box })),
          envelope: { from: route.from.address, to: [recipient] },
          subject: mail.subject,
          text: mail.body,
          messageId: mail.messageId,
          ...(mail.date === undefined ? {} : { date: mail.date }),
          // RFC 3834: no automatic answer, such as one about a holiday.
          headers: { "Auto-Submitted": "auto-generated" },
          disableFileAccess: true,
          disableUrlAccess: true,
          signal: deadline.signal,
        });
        return { kind: "taken" };
      } catch (error) {
        signal.throwIfAborted();
        if (deadline.isExpired()) {
          return { kind: "failed", error: `no answer within ${DEADLINE_MS / 1000} s` };
        }
        return judgeMailFault(error, route);
      } finally {
        deadline.end();
      }
    },
    async examine() {
      const what = "mail";
      const login = route.login === null ? "without a user" : `as ${route.login.user}`;
      try {
        const transporter = await openTransporter(route, EXAMINE_MS);
        await transporter.verify();
      } catch (error) {
        const says = `${server}: ${describeMailFault(error, route)}`;
        return { what, state: "fail", says, todo: "Check DAGMAR_SMTP_URL and DAGMAR_SMTP_TLS." };
      }
      const protection = { tls: "over TLS", starttls: "over STARTTLS", none: "without encryption" }[
        route.security
      ];
      const says = `${server} accepts mail ${protection}, ${login}; no mail was sent`;
      return { what, state: "ok", says, todo: null };
    },
  };
}

async function openTransporter(route: MailRoute, limitMs: number): Promise<Transporter> {
  // Loaded at the first mail: most schedulers never send one.
  const { createTransport } = await import("nodemailer");
  const { host, port, security, login } = route;
  return createTransport({
    host,
    port,
    secure: security === "tls",
    requireTLS: security === "starttls",
    ignoreTLS: security === "none",
    // A server that offers no sign-in is a fault, not a reason to send without it.
    ...(login === null ? {} : { auth: { user: login.user, pass: login.password }, forceAuth: true }),
    connectionTimeout: limitMs,
    greetingTimeout: limitMs,
    socketTimeout: limitMs,
    dnsTimeout: limitMs,
    socketCloseTimeout: 0,
    logger: false,
  });
}
