/**
 * Remarks on a CSV's content in addition to its counts: cells that are not UTF-8, and the column's values if no id
 * was chosen.
 */
export const remarksOnCandidates: readonly string[] = [
  // JSON; NULL where there is nothing to say, and for content that was read before this column was.
  `ALTER TABLE candidate_sets ADD COLUMN remarks TEXT`,
];
