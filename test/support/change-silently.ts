/** Changes bytes of a file as a failing disk does: its size and modification time stay. */
import { execFileSync } from "node:child_process";
import { rmSync, statSync, writeFileSync } from "node:fs";

export function changeSilently(file: string, bytes: Uint8Array): void {
  if (bytes.byteLength !== statSync(file).size) throw new Error("the size would change");
  const before = `${file}.before`;
  writeFileSync(before, "");
  execFileSync("touch", ["-r", file, before]);
  writeFileSync(file, bytes);
  execFileSync("touch", ["-r", before, file]);
  rmSync(before);
}
