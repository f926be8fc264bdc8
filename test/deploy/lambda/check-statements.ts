/** Whether the statements of a policy are as narrow as they can be; gives a text for each fault. */
import {
  findProperties,
  isProperties,
  listValues,
  showValue,
  type Properties,
  type Value,
} from "./read-template.ts";

/** Who may take a role; what a role may do; what a bucket or a queue refuses. */
export type PolicyKind = "trust" | "identity" | "resource";

/** `actions`: S3's actions that the lake asks for; only in use for identities. */
export function checkStatements(
  kind: PolicyKind,
  name: string,
  document: Value | undefined,
  actions: ReadonlySet<string>,
): readonly string[] {
  const statements = listValues(findProperties(document)["Statement"]).filter(isProperties);
  if (statements.length === 0) return [`${name} has no statement`];
  return [
    ...statements.flatMap((statement) =>
      statement["Effect"] === "Deny"
        ? []
        : [
            ...checkWidth(statement),
            ...(kind === "trust" ? checkTrust(statement) : []),
            ...(kind === "identity" ? checkGrant(statement, actions) : []),
            ...(kind === "resource"
              ? [`${showSid(statement)} allows something by a policy of the resource`]
              : []),
          ],
    ),
    ...(kind === "resource" && !statements.some((one) => refusesPlainHttp(one))
      ? [`${name} does not refuse plain HTTP`]
      : []),
  ];
}

const showSid = (statement: Properties): string => showValue(statement["Sid"]);
const listTexts = (value: Value | undefined): readonly string[] => listValues(value).map(showValue);

/** What no statement that allows may have. */
function checkWidth(statement: Properties): readonly string[] {
  const sid = showSid(statement);
  const { Principal: principal } = statement;
  const principals = isProperties(principal)
    ? Object.values(principal).flatMap(listTexts)
    : listTexts(principal);
  return [
    ...["NotAction", "NotResource", "NotPrincipal"]
      .filter((word) => word in statement)
      .map((word) => `${sid} allows by ${word}`),
    ...principals.filter((one) => one.includes("*")).map((one) => `${sid} allows something to ${one}`),
    ...listTexts(statement["Action"])
      .filter((action) => action.includes("*"))
      .map((action) => `${sid} allows ${action}`),
    ...listTexts(statement["Resource"])
      .filter((resource) => !isNarrow(resource))
      .map((resource) => `${sid} reaches ${resource}`),
  ];
}

/** Keys of the lake, below the bucket. */
const KEYS =
  /^arn:\$\{AWS::Partition\}:s3:::\$\{Bucket\}\/\$\{KeyPrefix\}(?:Raw\/\*|_dagmar\/(?:probe|(?:lambda|leases)\/\*))$/;
/** Secrets Manager ends a name with six characters of its own. */
const SECRET = /^[^*?]+:secret:\$\{\w+\}-\?{6}$/;

function isNarrow(resource: string): boolean {
  return !/[*?]/.test(resource) || KEYS.test(resource) || SECRET.test(resource);
}

/** A service that works for all accounts may take the role only for this account's resource. Lambda takes it from its owner. */
function checkTrust(statement: Properties): readonly string[] {
  const sid = showSid(statement);
  const services = listTexts(findProperties(statement, "Principal")["Service"]);
  if (services.join() === "lambda.amazonaws.com") return [];
  const equals = findProperties(statement, "Condition", "StringEquals");
  return ["aws:SourceAccount", "aws:SourceArn"]
    .filter((word) => !(word in equals) || showValue(equals[word]).includes("*"))
    .map((word) => `${sid} has no condition of ${word}`);
}

/** The program asks for none of these; a person needs it to look at an upload that failed. */
const FOR_PEOPLE = new Set(["s3:ListMultipartUploadParts"]);
const OTHERS = new Set([
  "lambda:InvokeFunction",
  "logs:CreateLogStream",
  "logs:PutLogEvents",
  "secretsmanager:GetSecretValue",
  "sqs:SendMessage",
  "ssm:GetParameter",
]);

function checkGrant(statement: Properties, asked: ReadonlySet<string>): readonly string[] {
  const sid = showSid(statement);
  const actions = listTexts(statement["Action"]);
  const isKnown = (action: string): boolean =>
    asked.has(action) || FOR_PEOPLE.has(action) || OTHERS.has(action) || action.includes("*");
  const faults = actions.filter((action) => !isKnown(action)).map((action) => `${sid} allows ${action}`);
  if (!actions.some((action) => action.startsWith("s3:"))) return faults;
  const equals = findProperties(statement, "Condition", "StringEquals");
  if (showValue(equals["aws:ResourceAccount"]) !== "${AWS::AccountId}") {
    faults.push(`${sid} has no condition of aws:ResourceAccount`);
  }
  if (!actions.includes("s3:ListBucket")) return faults;
  const prefixes = listTexts(findProperties(statement, "Condition", "StringLike")["s3:prefix"]);
  if (prefixes.length === 0) faults.push(`${sid} has no condition of s3:prefix`);
  const wide = prefixes.filter((prefix) => !KEYS.test(`arn:\${AWS::Partition}:s3:::\${Bucket}/${prefix}`));
  return [...faults, ...wide.map((prefix) => `${sid} lists ${prefix}`)];
}

function refusesPlainHttp(statement: Properties): boolean {
  const secure = findProperties(statement, "Condition", "Bool")["aws:SecureTransport"];
  return (
    statement["Effect"] === "Deny" &&
    statement["Principal"] === "*" &&
    /^\w+:\*$/.test(showValue(statement["Action"])) &&
    showValue(secure) === "false"
  );
}
