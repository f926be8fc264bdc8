/** The parser's settings, in one place: csv-parse with quotes as ordinary characters and one record a line. */
import { parse } from "csv-parse/sync";

/**
 * The cells of each line in `bytes`. Lines end in LF alone (the caller has dropped the CR before it) and all have the
 * same number of columns; the parser raises otherwise.
 *
 * `quote: false`, because these files hold unpaired quotes: csv-parse's default stops at the first, and `relax_quotes`
 * merges rows silently. The record delimiter is given, because discovery would take a lone CR for one.
 */
export function parseRecords(bytes: Uint8Array, delimiter: string): string[][] {
  return parse(bytes, { delimiter, quote: false, escape: false, record_delimiter: "\n", max_record_size: 0 });
}
