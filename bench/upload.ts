/** movies.csv into an S3 store, hashing included, compared with boto3 and the AWS command line; and one four times as large. */
import { statSync } from "node:fs";
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { inform, judgeAtMost, skip, type Figure } from "./figure.ts";
import { canRun, measureProcess, runInTurns, type Contestant, type Standing } from "./measure-process.ts";
import { DIST, openFolder, type Samples } from "./workspace.ts";

const PYTHON = "/usr/bin/python3";
const AWS = "/usr/bin/aws";
const OURS = "Dagmar";
const BOTO3 = "boto3 upload_file";
const HASHING_BOTO3 = "boto3 upload_file, sha256 first";
const AWS_CP = "aws s3 cp";
/** Ceph's memory store holds 4 GiB and gives nothing back: four programs, four rounds, and the large file. */
const ROUNDS = 4;
const MOST_BYTES = 200e6;

const UPLOAD = `
import hashlib, sys, boto3
from botocore.config import Config
endpoint, mode, path, bucket, key = sys.argv[1:]
if mode == "hash":
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
boto3.client("s3", endpoint_url=endpoint, config=Config(s3={"addressing_style": "path"})).upload_file(path, bucket, key)
`;

interface Store {
  readonly endpoint: string;
  readonly bucket: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export async function benchUpload(samples: Samples): Promise<readonly Figure[]> {
  const endpoint = process.env["DAGMAR_TEST_S3_ENDPOINT"];
  if (endpoint === undefined) {
    return [skip("upload to S3", "there is no S3 store: `npm run bench` starts Ceph where it may")];
  }
  const store = await openStore(endpoint);
  const { moviesCsv, isQuick } = samples;
  const rivals = await findRivals(store, moviesCsv);
  const ours: Contestant = { name: OURS, run: (round) => upload(store, moviesCsv, `dagmar-${round}.csv`) };
  const standings = await runInTurns([ours, ...rivals], isQuick ? 1 : ROUNDS);
  const large = await upload(store, await makeLarge(moviesCsv), "large.csv");
  const sizeBytes = statSync(moviesCsv).size;
  return [
    ...[...standings].map(([name, standing]) => inform(`upload: ${name}`, describe(standing, sizeBytes))),
    ...[BOTO3, AWS_CP].map((name) => judge(standings, name)),
    judgeMemory("upload: peak memory", standings.get(OURS)?.peakMiB ?? Number.NaN),
    judgeMemory("upload: peak memory, a file four times as large", large.peakMiB),
    judgeAtMost("upload: its memory over that of the smaller file", 1.1, {
      value: large.peakMiB / (standings.get(OURS)?.peakMiB ?? Number.NaN),
      write: (share) => share.toFixed(2),
      note: `the same but for noise; ${large.seconds.toFixed(2)} s`,
    }),
  ];
}

function judge(standings: ReadonlyMap<string, Standing>, rival: string): Figure {
  const ours = standings.get(OURS);
  const theirs = standings.get(rival);
  const name = `upload: time with sha256 over ${rival}`;
  if (ours === undefined || theirs === undefined)
    return skip(name, "Debian's package is not on this machine");
  return judgeAtMost(name, 1, { value: ours.seconds / theirs.seconds, write: (share) => share.toFixed(2) });
}

function judgeMemory(name: string, peakMiB: number): Figure {
  const write = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
  return judgeAtMost(name, MOST_BYTES, { value: peakMiB * 1024 * 1024, write });
}

function describe({ seconds, cpuSeconds, peakMiB }: Standing, sizeBytes: number): string {
  const speed = `${(sizeBytes / 1e6 / seconds).toFixed(0)} MB/s`;
  return `${seconds.toFixed(2)} s, ${speed}, ${cpuSeconds.toFixed(2)} s CPU, ${peakMiB.toFixed(0)} MiB`;
}

async function openStore(endpoint: string): Promise<Store> {
  const bucket = `bench-${process.pid}`;
  await measureProcess(process.execPath, [join(DIST, "bench/create-bucket.js"), bucket]);
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_"));
  const environment = {
    ...Object.fromEntries(kept),
    AWS_ACCESS_KEY_ID: process.env["DAGMAR_TEST_S3_ACCESS_KEY"],
    AWS_SECRET_ACCESS_KEY: process.env["DAGMAR_TEST_S3_SECRET_KEY"],
    AWS_DEFAULT_REGION: process.env["DAGMAR_TEST_S3_REGION"] ?? "us-east-1",
    AWS_EC2_METADATA_DISABLED: "true",
  };
  return { endpoint, bucket, environment };
}

function upload(store: Store, file: string, key: string): ReturnType<typeof measureProcess> {
  const program = join(DIST, "bench/upload-file.js");
  return measureProcess(process.execPath, [program, `s3://${store.bucket}`, file, key], store);
}

async function makeLarge(moviesCsv: string): Promise<string> {
  const large = join(openFolder("upload"), "large.csv");
  const bytes = await readFile(moviesCsv);
  for (let copy = 0; copy < 4; copy += 1) await appendFile(large, bytes);
  return large;
}

async function findRivals(store: Store, file: string): Promise<readonly Contestant[]> {
  const { endpoint, bucket } = store;
  const rivals: Contestant[] = [];
  if (await canRun(PYTHON, ["-c", "import boto3"])) {
    for (const [name, mode] of [
      [BOTO3, "plain"],
      [HASHING_BOTO3, "hash"],
    ] as const) {
      const args = ["-c", UPLOAD, endpoint, mode, file, bucket];
      rivals.push({
        name,
        run: (round) => measureProcess(PYTHON, [...args, `boto3-${mode}-${round}.csv`], store),
      });
    }
  }
  if (await canRun(AWS, ["--version"])) {
    const args = ["--endpoint-url", endpoint, "s3", "cp", "--quiet", file];
    rivals.push({
      name: AWS_CP,
      run: (round) => measureProcess(AWS, [...args, `s3://${bucket}/aws-${round}.csv`], store),
    });
  }
  return rivals;
}
