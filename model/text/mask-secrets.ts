/**
 * Removes secrets from a text: whole ones, and the beginning of a secret that was cut. The caller names the secrets.
 */

const REDACTED = "[redacted]";
/** The end of a shortened text (see cut-text). */
const ELLIPSIS = "…";
/** Shorter beginnings are ignored: they often come before an ellipsis by chance. */
const LEAST_CHARACTERS = 3;

export type Mask = (text: string) => string;

/** Longer secrets are replaced first, since one may contain another. */
export function makeMask(secrets: Iterable<string>): Mask {
  const ordered = [...new Set(secrets)]
    .filter((secret) => secret !== "")
    .toSorted((left, right) => right.length - left.length);
  return (text) => {
    const masked = ordered.reduce((left, secret) => left.replaceAll(secret, REDACTED), text);
    return masked.includes(ELLIPSIS) ? maskCutEnds(masked, ordered) : masked;
  };
}

function maskCutEnds(text: string, secrets: readonly string[]): string {
  const pieces = text.split(ELLIPSIS);
  return pieces
    .map((piece, index) => (index === pieces.length - 1 ? piece : maskEnd(piece, secrets)))
    .join(ELLIPSIS);
}

function maskEnd(piece: string, secrets: readonly string[]): string {
  let longest = 0;
  for (const secret of secrets) {
    for (let length = Math.min(secret.length, piece.length); length > longest; length -= 1) {
      if (piece.endsWith(secret.slice(0, length))) longest = length;
    }
  }
  return longest < LEAST_CHARACTERS ? piece : piece.slice(0, piece.length - longest) + REDACTED;
}
