/** The parser's settings, in one place: csv-parse with quotes as letters, where a record is a line. */
import { parse } from "csv-parse/sync";

/**
 * The cells of each line in `bytes`. Lines end in LF alone (whoever calls has dropped the CR before it) and all have
 * the same number of columns; the parser raises otherwise.
 *
 * `quote: false`, because these files hold lone quotes: csv-parse's default stops at the first, and `relax_quotes`
 * merges rows silently. The record delimiter is named, because discovery would take a lone CR for one.
 */
export function parseRecords(bytes: Uint8Array, delimiter: string): string[][] {
  return parse(bytes, { delimiter, quote: false, escape: false, record_delimiter: "\n", max_record_size: 0 });
}
