/** Whether the policies for AWS grant what the S3 lake asks for and nothing more; gives a word for each fault. */
import { z } from "zod";

const oneOrMore = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const statementSchema = z.strictObject({
  Sid: z.string(),
  Effect: z.enum(["Allow", "Deny"]),
  Principal: z.union([z.literal("*"), z.strictObject({ AWS: z.string() })]).optional(),
  Action: oneOrMore,
  Resource: oneOrMore,
  Condition: z.record(z.string(), z.record(z.string(), oneOrMore)).default({}),
});
const policySchema = z.strictObject({
  Version: z.literal("2012-10-17"),
  Statement: z.array(statementSchema),
});

type Statement = z.infer<typeof statementSchema>;

/** Where the shipped Dags write: `Raw` is never replaced, the others are. */
export interface Zones {
  readonly raw: readonly string[];
  readonly derived: readonly string[];
}

const PROBE = "arn:aws:s3:::BUCKET/_dagmar/probe";
const LEASES = "arn:aws:s3:::BUCKET/_dagmar/leases/*";
const BUCKET_ACTIONS = new Set(["s3:ListBucket", "s3:ListBucketMultipartUploads"]);
/** The program does not need it; a person needs it to inspect a failed upload. */
const FOR_PEOPLE = ["s3:ListMultipartUploadParts"];

export function listStatements(text: string): readonly Statement[] {
  return policySchema.parse(JSON.parse(text)).Statement;
}

/** Objects of the zones. */
function listResources(zones: readonly string[]): readonly string[] {
  return zones.map((zone) => `arn:aws:s3:::BUCKET/${zone}/*`);
}

/** `asked`: the permissions that the S3 lake names in its calls. */
export function checkWriterPolicy(
  text: string,
  asked: ReadonlySet<string>,
  { raw, derived }: Zones,
): readonly string[] {
  const tables = listResources(derived);
  const statements = listStatements(text);
  const granted = new Set(statements.flatMap((statement) => statement.Action));
  const faults: string[] = [];
  const leases = statements
    .filter(({ Resource }) => Resource.includes(LEASES))
    .flatMap(({ Action }) => Action);
  if (leases.toSorted().join() !== "s3:GetObject,s3:PutObject") faults.push("leases cannot be kept");
  const written = statements.flatMap(({ Action, Resource }) =>
    Action.includes("s3:PutObject") ? Resource : [],
  );
  for (const resource of [...listResources(raw), ...tables])
    if (!written.includes(resource)) faults.push(`not written: ${resource}`);
  for (const action of asked) if (!granted.has(action)) faults.push(`not granted: ${action}`);
  for (const action of granted) {
    if (!asked.has(action) && !FOR_PEOPLE.includes(action)) faults.push(`granted: ${action}`);
  }
  for (const { Sid, Effect, Principal, Action, Resource, Condition } of statements) {
    if (Effect !== "Allow" || Principal !== undefined) faults.push(`${Sid} is not an identity's permission`);
    const isAboutBucket = Action.every((action) => BUCKET_ACTIONS.has(action));
    const ofObjects =
      Sid === "KeepLeases"
        ? [LEASES]
        : Sid === "WriteAndReplaceTables"
          ? tables
          : [...listResources(raw), PROBE];
    const allowed = isAboutBucket ? ["arn:aws:s3:::BUCKET"] : ofObjects;
    for (const resource of Resource) {
      if (!allowed.includes(resource)) faults.push(`${Sid} reaches ${resource}`);
    }
    if (!Action.includes("s3:ListBucket")) continue;
    const prefixes = Condition["StringLike"]?.["s3:prefix"] ?? [];
    faults.push(...checkListed(Sid, prefixes, [...raw, ...derived], ["_dagmar/probe", "_dagmar/leases/*"]));
    if (!prefixes.includes("_dagmar/leases/*")) faults.push(`${Sid}: an absent lease is denied`);
  }
  return faults;
}

function checkListed(
  sid: string,
  prefixes: readonly string[],
  zones: readonly string[],
  more: readonly string[],
): readonly string[] {
  const wanted = zones.map((zone) => `${zone}/*`);
  return [
    ...zones.filter((zone) => !prefixes.includes(`${zone}/*`)).map((zone) => `${sid} does not list ${zone}/`),
    ...prefixes
      .filter((prefix) => !wanted.includes(prefix) && !more.includes(prefix))
      .map((prefix) => `${sid} lists ${prefix}`),
  ];
}

/** Deletes objects of the zones, never a version of one, and stores and reads what a removal needs. */
export function checkRemoverPolicy(text: string, { raw, derived }: Zones): readonly string[] {
  const statements = listStatements(text);
  const objects = listResources([...raw, ...derived]);
  const faults: string[] = [];
  const granted = new Set(statements.flatMap((statement) => statement.Action));
  const needed = ["s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"];
  for (const action of needed) if (!granted.has(action)) faults.push(`not granted: ${action}`);
  for (const action of granted) if (!needed.includes(action)) faults.push(`granted: ${action}`);
  for (const { Sid, Effect, Principal, Action, Resource, Condition } of statements) {
    if (Effect !== "Allow" || Principal !== undefined) faults.push(`${Sid} is not an identity's permission`);
    const isDelete = Action.includes("s3:DeleteObject");
    const allowed = isDelete
      ? objects
      : Action.includes("s3:ListBucket")
        ? ["arn:aws:s3:::BUCKET"]
        : [...objects, PROBE];
    const missing = Action.includes("s3:ListBucket") ? [] : objects.filter((one) => !Resource.includes(one));
    for (const resource of missing) faults.push(`${Sid} does not reach ${resource}`);
    for (const resource of Resource)
      if (!allowed.includes(resource)) faults.push(`${Sid} reaches ${resource}`);
    if (!Action.includes("s3:ListBucket")) continue;
    const prefixes = Condition["StringLike"]?.["s3:prefix"] ?? [];
    faults.push(...checkListed(Sid, prefixes, [...raw, ...derived], ["_dagmar/probe"]));
  }
  return faults;
}

const WRITER = "arn:aws:iam::ACCOUNT_ID:role/WRITER_ROLE";

export function checkBucketPolicy(text: string): readonly string[] {
  const statements = listStatements(text);
  const denies = (test: (statement: Statement) => boolean): boolean =>
    statements.some((statement) => statement.Effect === "Deny" && test(statement));
  const isForWriter = ({ Principal }: Statement): boolean => Principal === "*" || Principal?.AWS === WRITER;
  const faults = statements
    .filter(({ Effect }) => Effect === "Allow")
    .map(({ Sid }) => `${Sid} grants something`);
  const hasTls = denies(
    ({ Principal, Action, Resource, Condition }) =>
      Principal === "*" &&
      Action.includes("s3:*") &&
      ["arn:aws:s3:::BUCKET", "arn:aws:s3:::BUCKET/*"].every((resource) => Resource.includes(resource)) &&
      Condition["Bool"]?.["aws:SecureTransport"]?.join() === "false" &&
      Object.keys(Condition).length === 1,
  );
  const hasNoDelete = denies(
    (statement) =>
      isForWriter(statement) &&
      statement.Action.includes("s3:DeleteObject*") &&
      statement.Resource.includes("arn:aws:s3:::BUCKET/*") &&
      Object.keys(statement.Condition).length === 0,
  );
  const hasNoOverwrite = denies(
    (statement) =>
      isForWriter(statement) &&
      statement.Action.join() === "s3:PutObject" &&
      // Not the probe: its checksum is tried with a put that carries no condition.
      statement.Resource.join() === "arn:aws:s3:::BUCKET/Raw/*" &&
      statement.Condition["Null"]?.["s3:if-none-match"]?.join() === "true" &&
      statement.Condition["Bool"]?.["s3:ObjectCreationOperation"]?.join() === "true",
  );
  if (!hasTls) faults.push("plain HTTP is not refused");
  if (!hasNoDelete) faults.push("the writer may be allowed to delete");
  if (!hasNoOverwrite) faults.push("the writer may overwrite");
  return faults;
}

export function checkPublicAccessBlock(text: string): readonly string[] {
  const block = z.record(z.string(), z.boolean()).parse(JSON.parse(text));
  const names = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];
  return names.filter((name) => block[name] !== true);
}

export function checkLifecycle(text: string): readonly string[] {
  const rules = z.object({ Rules: z.array(z.record(z.string(), z.unknown())) }).parse(JSON.parse(text)).Rules;
  const faults = rules.flatMap((rule) =>
    Object.keys(rule).filter((name) => /Expiration|Transition/.test(name)),
  );
  const ends = rules.some((rule) => rule["Status"] === "Enabled" && "AbortIncompleteMultipartUpload" in rule);
  return ends ? faults : [...faults, "unfinished uploads stay"];
}
