/** Sizes as people read them. */

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** Decimal units, three figures: `164.7 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? String(value) : value.toFixed(1)} ${UNITS[unit] ?? "B"}`;
}
