/**
 * Small objects of the program's own, below `_dagmar/`: unlike an object of a dataset, a note is replaced, by a
 * process that has read its present version. Listings never show them.
 */

export interface Note {
  readonly body: Buffer;
  /** Opaque: the version to name when the note is replaced. */
  readonly version: string;
}

export interface LakeNotes {
  /** `undefined` when absent. `name`: parts of letters, digits, `-`, `_`, `.` and `%`, separated by `/`. */
  read(name: string, signal?: AbortSignal): Promise<Note | undefined>;
  /**
   * Writes the note if its version is still this one; `null`: if there is no such note. Returns the new version, or
   * `undefined` if another process was faster. Two bodies of different processes must differ. Where `areGuarded` is false it
   * looks before and verifies after: two that write at the same moment may both get a version.
   */
  write(
    name: string,
    body: Uint8Array,
    version: string | null,
    signal?: AbortSignal,
  ): Promise<string | undefined>;
  /** Whether the store refuses to replace another version. Tried once, with the probe. */
  areGuarded(signal?: AbortSignal): Promise<boolean>;
}

const NOTE_NAME = /^[\w.%-]+(?:\/[\w.%-]+)*$/;

/** The part of a note's name that stands for any text. */
export function encodeNoteName(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*~]/g, (one) => `%${one.charCodeAt(0).toString(16)}`);
}

export function checkNoteName(name: string): void {
  if (!NOTE_NAME.test(name) || name.split("/").some((part) => part === "." || part === ".."))
    throw new Error(`${JSON.stringify(name)} is no name for a note`);
}
