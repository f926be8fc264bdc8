/** Prints the rows of a Parquet file as JSON, read by hyparquet: whole numbers of 64 bits as texts, days and times in ISO form. */
import { readFileSync } from "node:fs";
import { parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";

const bytes = readFileSync(process.argv[2] ?? "");

/** With six digits of a second, or none. */
function writeInstant(micros) {
  const seconds = micros / 1_000_000n - (micros % 1_000_000n < 0n ? 1n : 0n);
  const rest = micros - seconds * 1_000_000n;
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19).replace("T", " ");
  return rest === 0n ? text : `${text}.${String(rest).padStart(6, "0").replace(/0+$/, "")}`;
}

const rows = await parquetReadObjects({
  file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
  compressors,
  parsers: {
    dateFromDays: (days) => new Date(days * 86_400_000).toISOString().slice(0, 10),
    timestampFromMicroseconds: writeInstant,
  },
});
process.stdout.write(
  JSON.stringify(rows, (_name, value) => (typeof value === "bigint" ? value.toString() : (value ?? null))),
);
