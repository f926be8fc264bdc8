/** `npm run package:lambda`: makes dist/lambda/function.zip and dist/lambda/layer.zip, and prints their sizes and hashes. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { packageLambda } from "./package-lambda.ts";

const root = process.cwd();
const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

try {
  for (const { file, sizeBytes } of await packageLambda(root, join(root, "dist/lambda"), say)) {
    const hash = createHash("sha256").update(readFileSync(file)).digest("hex");
    say(`${relative(root, file)}  ${sizeBytes.toLocaleString("en")} bytes  sha256 ${hash}`);
  }
} catch (error) {
  process.stderr.write(`package:lambda: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
