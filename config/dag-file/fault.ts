/** One fault of a Dag file, with its path in the document; yaml-document turns paths into lines. */

export type FaultPath = readonly (string | number)[];

export interface Fault {
  /** Such as `["tasks", "movies", "needs", 0]`. If it does not exist, its nearest existing ancestor is shown. */
  readonly path: FaultPath;
  readonly message: string;
  readonly hint?: string;
  /** Show the place of the field's name instead of its value. */
  readonly isAboutName?: boolean;
  /** The offset of the character, for faults of the text itself. */
  readonly offset?: number;
}

/** The most faults that are listed for one file; the rest are counted. */
export const FAULTS_SHOWN = 100;
