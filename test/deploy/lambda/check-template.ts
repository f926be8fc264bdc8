/** Whether the template for AWS Lambda is as closed and as careful as it promises to be; gives a text for each fault. */
import { NODE_LINES } from "../../../packaging/limits.ts";
import { checkStatements } from "./check-statements.ts";
import { findProperties, listValues, readTemplate, showValue, type Properties } from "./read-template.ts";

/** What the program and its handler know. */
export interface Known {
  /** Names of variables. */
  readonly variables: ReadonlySet<string>;
  /** Names of those that hold a secret itself. */
  readonly secrets: ReadonlySet<string>;
  /** S3's actions that the lake asks for. */
  readonly actions: ReadonlySet<string>;
}

export interface Resource {
  readonly name: string;
  readonly type: string;
  readonly declared: Properties;
  readonly properties: Properties;
}

type Check = (resource: Resource, known: Known) => readonly string[];

/** A type that is not here is a fault: no resource goes unchecked. */
const CHECKS: Readonly<Record<string, Check>> = {
  "AWS::Serverless::LayerVersion": checkLayer,
  "AWS::Serverless::Function": checkFunction,
  "AWS::Logs::LogGroup": checkLogGroup,
  "AWS::SQS::Queue": checkQueue,
  "AWS::SQS::QueuePolicy": checkPolicyOfResource,
  "AWS::Scheduler::ScheduleGroup": () => [],
  "AWS::Scheduler::Schedule": checkSchedule,
  "AWS::IAM::Role": checkRole,
  "AWS::S3::Bucket": checkBucket,
  "AWS::S3::BucketPolicy": checkPolicyOfResource,
};

export function checkTemplate(text: string, known: Known): readonly string[] {
  const resources = Object.entries(findProperties(readTemplate(text), "Resources")).map(
    ([name, resource]) => {
      const declared = findProperties(resource);
      const properties = findProperties(declared, "Properties");
      return { name, type: showValue(declared["Type"]), declared, properties };
    },
  );
  const types = new Set(resources.map(({ type }) => type));
  const missing = Object.keys(CHECKS).filter((type) => !types.has(type));
  return [
    ...missing.map((type) => `there is no ${type}`),
    ...resources.flatMap((resource) => {
      const check = CHECKS[resource.type];
      return check === undefined
        ? [`${resource.name} is a ${resource.type}, which is not allowed here`]
        : check(resource, known);
    }),
    ...listUnexplained(text),
  ];
}

/** Each statement has a comment above it. */
function listUnexplained(text: string): readonly string[] {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.flatMap((line, index) => {
    const [, sid] = /^- Sid: (\w+)$/.exec(line) ?? [];
    return sid === undefined || lines[index - 1]?.startsWith("#") === true ? [] : [`${sid} is not explained`];
  });
}

/** Faults of what is not as it must be: by name, what is wanted, and what there is. */
function compare(
  { name, properties }: Pick<Resource, "name" | "properties">,
  wanted: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.entries(wanted).flatMap(([property, value]) => {
    const found = showValue(properties[property]);
    return found === value ? [] : [`${name}.${property} is ${found}, not ${value}`];
  });
}

function checkRuntimes(name: string, runtimes: readonly string[]): readonly string[] {
  const known = NODE_LINES.map(({ version }) => `nodejs${version.split(".")[0]}.x`);
  return runtimes
    .filter((runtime) => !known.includes(runtime))
    .map((runtime) => `${name}: the layer has no binary for ${runtime}`);
}

function checkLayer({ name, properties }: Resource): readonly string[] {
  return [
    ...compare({ name, properties }, { ContentUri: "../../dist/lambda/layer.zip" }),
    ...checkRuntimes(name, listValues(properties["CompatibleRuntimes"]).map(showValue)),
  ];
}

/** Properties that would open the function, or give it rights outside of its role. */
const FUNCTION_DOORS = ["FunctionUrlConfig", "Events", "Policies", "PermissionsBoundary", "VpcConfig"];

function checkFunction({ name, properties }: Resource, known: Known): readonly string[] {
  const variables = Object.keys(findProperties(properties, "Environment", "Variables"));
  const invoke = findProperties(properties, "EventInvokeConfig");
  return [
    ...compare(
      { name, properties },
      {
        CodeUri: "../../dist/lambda/function.zip",
        Handler: "index.handler",
        Timeout: "900",
        ReservedConcurrentExecutions: "1",
        Role: "${FunctionRole.Arn}",
      },
    ),
    ...compare(
      { name, properties: findProperties(properties, "LoggingConfig") },
      { LogGroup: "${Log}", LogFormat: "Text" },
    ),
    ...compare(
      {
        name: `${name}.OnFailure`,
        properties: findProperties(invoke, "DestinationConfig", "OnFailure"),
      },
      { Destination: "${Failed.Arn}" },
    ),
    ...checkRuntimes(name, [showValue(properties["Runtime"])]),
    ...FUNCTION_DOORS.filter((door) => door in properties).map((door) => `${name} has ${door}`),
    ...variables.filter((one) => known.secrets.has(one)).map((one) => `${name}: ${one} holds a secret`),
    ...variables.filter((one) => !known.variables.has(one)).map((one) => `${name}: ${one} is unknown`),
  ];
}

function checkLogGroup({ name, properties }: Resource): readonly string[] {
  return "RetentionInDays" in properties ? [] : [`${name} is kept forever`];
}

function checkQueue(resource: Resource): readonly string[] {
  return compare(resource, { MessageRetentionPeriod: "1209600", SqsManagedSseEnabled: "true" });
}

function checkSchedule({ name, properties }: Resource): readonly string[] {
  const target = findProperties(properties, "Target");
  const retry = Object.keys(findProperties(target, "RetryPolicy"));
  return [
    ...compare(
      { name, properties },
      { ScheduleExpressionTimezone: "${TimeZone}", GroupName: "${ScheduleGroup}" },
    ),
    ...compare({ name, properties: target }, { RoleArn: "${SchedulerRole.Arn}" }),
    ...compare(
      { name: `${name}.DeadLetterConfig`, properties: findProperties(target, "DeadLetterConfig") },
      { Arn: "${Failed.Arn}" },
    ),
    ...["MaximumEventAgeInSeconds", "MaximumRetryAttempts"]
      .filter((limit) => !retry.includes(limit))
      .map((limit) => `${name} has no ${limit}`),
  ];
}

function checkRole({ name, properties }: Resource, known: Known): readonly string[] {
  return [
    ...("ManagedPolicyArns" in properties ? [`${name} has policies that are written elsewhere`] : []),
    ...checkStatements("trust", name, properties["AssumeRolePolicyDocument"], known.actions),
    ...listValues(properties["Policies"]).flatMap((policy) =>
      checkStatements("identity", name, findProperties(policy)["PolicyDocument"], known.actions),
    ),
  ];
}

function checkPolicyOfResource({ name, properties }: Resource, known: Known): readonly string[] {
  return checkStatements("resource", name, properties["PolicyDocument"], known.actions);
}

const BLOCKS = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];
const BUCKET_DOORS = ["AccessControl", "CorsConfiguration", "WebsiteConfiguration"];

function checkBucket({ name, declared, properties }: Resource): readonly string[] {
  const blocks = findProperties(properties, "PublicAccessBlockConfiguration");
  const rules = listValues(findProperties(properties, "LifecycleConfiguration")["Rules"]).map((rule) =>
    findProperties(rule),
  );
  const ends = rules
    .flatMap((rule) => Object.keys(rule))
    .filter((word) => /^(?:Expiration|Transition)/.test(word));
  const former = rules.filter((rule) => "NoncurrentVersionExpiration" in rule);
  return [
    ...BLOCKS.filter((block) => blocks[block] !== true).map((block) => `${name} is open: no ${block}`),
    ...BUCKET_DOORS.filter((door) => door in properties).map((door) => `${name} is open: it has ${door}`),
    ...compare({ name, properties: declared }, { DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" }),
    ...compare(
      { name, properties: findProperties(properties, "VersioningConfiguration") },
      { Status: "Enabled" },
    ),
    ...("BucketEncryption" in properties ? [] : [`${name} is not encrypted`]),
    ...ends.map((word) => `${name} lets objects end: ${word}`),
    ...former
      .filter((rule) => showValue(rule["Prefix"]) !== "${KeyPrefix}_dagmar/")
      .map(() => `${name} lets former versions of other objects end`),
  ];
}
