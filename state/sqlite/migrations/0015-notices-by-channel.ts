/**
 * A notice has a row for each target: the webhook, or one mail address. The index of unknown words covers the channel: a row with
 * an unknown one would never be sent. Its condition is the one of state/upkeep/unknown-words.ts.
 */
export const noticesByChannel: readonly string[] = [
  `ALTER TABLE notices ADD COLUMN channel TEXT NOT NULL DEFAULT 'webhook'`,
  `ALTER TABLE notices ADD COLUMN recipient TEXT`,
  `DROP INDEX notices_unknown`,
  `CREATE INDEX notices_unknown ON notices (notice_id)
    WHERE state NOT IN ('open', 'sent', 'given_up') OR channel NOT IN ('webhook', 'mail')`,
];
