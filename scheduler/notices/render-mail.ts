/** A notice as a mail in plain text. Its bytes are the same on each try, so that mail programs recognise a repeated one. */
import { createHash } from "node:crypto";
import { domainToASCII } from "node:url";
import type { MailRoute } from "../../model/ports/mail-route.ts";
import type { Notice } from "../../model/ports/notice.ts";
import { nameRun } from "../../model/run/run-name.ts";
import { cutText } from "../../model/text/cut-text.ts";
import { formatLocal } from "../../model/time/local-time.ts";

const SUBJECT_LENGTH = 120;

export interface MailText {
  readonly subject: string;
  readonly body: string;
  readonly messageId: string;
  /** `undefined` if the row's instant was edited by hand to one that is none. */
  readonly date: Date | undefined;
}

export interface MailFacts {
  readonly timezone: string;
  /** Tells apart two databases with the same Dags. */
  readonly databaseId: string;
}

export function renderMail(notice: Notice, { from }: MailRoute, facts: MailFacts): MailText {
  const createdMs = Date.parse(notice.createdAt);
  const date = Number.isNaN(createdMs) ? undefined : new Date(createdMs);
  // A line break would begin a header of its own, and a mail program would decode an encoded word (RFC 2047).
  const line = notice.message.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").replaceAll("=?", "= ?");
  const lines = [
    notice.message.replaceAll(/[^\P{Cc}\n\t]+/gu, " "),
    "",
    ...(date === undefined ? [] : [`At ${formatLocal(date, facts.timezone)}.`]),
    `\`dagmar runs show ${nameRun(notice).replaceAll(/\s+/g, " ")}\` shows the run.`,
  ];
  return {
    subject: `Dagmar: ${cutText(line.trim(), SUBJECT_LENGTH)}`,
    body: `${lines.join("\n")}\n`,
    messageId: makeId(notice, from, facts),
    date,
  };
}

/** The same for every recipient of a notice, whose rows have their creation in common. */
function makeId(notice: Notice, { address }: MailRoute["from"], { databaseId }: MailFacts): string {
  const parts = [databaseId, notice.dagId, notice.runId, notice.kind, notice.createdAt];
  const hash = createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
  const domain = domainToASCII(address.slice(address.lastIndexOf("@") + 1));
  return `<dagmar.${hash}@${domain === "" ? "localhost" : domain}>`;
}
