/** Ids without an answer are found among millions that have one, and continued after any of them. */
export const missingIds: readonly string[] = [
  `CREATE INDEX processed_ids_missing ON processed_ids (question_id, outcome, asked_id, generation) WHERE outcome <> 'stored'`,
  `CREATE INDEX asks_by_question ON asks (question_id, ask_id)`,
];
