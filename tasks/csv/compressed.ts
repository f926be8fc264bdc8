/**
 * What kind of archive or compressed file the first bytes of a file show. The caller decides what follows from that.
 */

export interface Compressed {
  /** With its article: `a zip archive`. */
  readonly name: string;
  /** Endings with which a file of this kind is what its name says; lower case. */
  readonly endings: readonly string[];
  /** The command that unpacks it, given the file's name; `null` if there is no common one. */
  readonly unpack: ((file: string) => string) | null;
}

interface Kind extends Compressed {
  /** Hex of the first bytes. */
  readonly magics: readonly string[];
}

/**
 * Zip: PKWARE APPNOTE 4.3.7 and 4.3.16 (a local file header, or the end record of an empty archive). Gzip: RFC 1952, 2.3.1.
 * Zstandard: RFC 8878, 3.1.1. Xz: its file format, 2.1.1.1. Bzip2 and 7z: as `file` knows them.
 */
const KINDS: readonly Kind[] = [
  {
    name: "a zip archive",
    magics: ["504b0304", "504b0506"],
    endings: [".zip", ".xlsx", ".xlsm", ".docx", ".pptx", ".ods", ".odt", ".jar", ".epub", ".kmz"],
    unpack: (file) => `unzip ${file}`,
  },
  {
    name: "gzip-compressed",
    magics: ["1f8b08"],
    endings: [".gz", ".tgz", ".svgz"],
    unpack: (file) => `gunzip ${file}`,
  },
  {
    name: "bzip2-compressed",
    magics: ["425a68"],
    endings: [".bz2", ".tbz2"],
    unpack: (file) => `bunzip2 ${file}`,
  },
  {
    name: "xz-compressed",
    magics: ["fd377a585a00"],
    endings: [".xz", ".txz"],
    unpack: (file) => `unxz ${file}`,
  },
  {
    name: "Zstandard-compressed",
    magics: ["28b52ffd"],
    endings: [".zst"],
    unpack: (file) => `unzstd ${file}`,
  },
  { name: "a 7z archive", magics: ["377abcaf271c"], endings: [".7z"], unpack: null },
];

/** The length of the longest mark. */
export const MAGIC_BYTES = 6;

/** `undefined` for anything else. Bzip2's mark is three letters, so the digit after them counts too. */
export function findCompression(head: Uint8Array): Compressed | undefined {
  const hex = Buffer.from(head.subarray(0, MAGIC_BYTES)).toString("hex");
  return KINDS.find(({ magics, name }) => {
    const isMarked = magics.some((magic) => hex.startsWith(magic));
    return isMarked && (name !== "bzip2-compressed" || /^425a683[1-9]/.test(hex));
  });
}
