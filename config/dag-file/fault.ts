/** One thing that is wrong with a Dag file, by its path in the document; turning paths into lines is yaml-document's part. */

export type FaultPath = readonly (string | number)[];

export interface Fault {
  /** Such as `["tasks", "movies", "needs", 0]`. Where it names nothing that exists, its nearest ancestor is pointed at. */
  readonly path: FaultPath;
  readonly message: string;
  readonly hint?: string;
  /** Point at the field's name, not at its value. */
  readonly isAboutName?: boolean;
  /** The character that is meant, for faults of the text itself. */
  readonly offset?: number;
}

/** More faults than this in one file help nobody; the rest is counted. */
export const FAULTS_SHOWN = 100;
