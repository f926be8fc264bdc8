/** The template for AWS Lambda opens nothing, loses no event and names no secret; each fault, planted alone, is found. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { listVariables } from "../../../config/settings/variables.ts";
import { DECLARATIONS } from "../../../tasks/registry.ts";
import { checkTemplate, type Known } from "./check-template.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const TEMPLATE = readFileSync(join(ROOT, "deploy/lambda/template.yaml"), "utf8");

const VARIABLES = listVariables(DECLARATIONS);
const s3Sources = readdirSync(join(ROOT, "lake/s3")).map((name) =>
  readFileSync(join(ROOT, "lake/s3", name), "utf8"),
);
const KNOWN: Known = {
  variables: new Set([
    ...VARIABLES.map(({ name }) => name),
    // The handler's own.
    "TMDB_API_TOKEN_PARAMETER",
    "TMDB_API_TOKEN_SECRET",
    // Node's.
    "NODE_OPTIONS",
  ]),
  secrets: new Set(VARIABLES.filter(({ isSecret }) => isSecret).map(({ name }) => name)),
  actions: new Set(
    s3Sources
      .flatMap((text) => text.match(/\bs3:[A-Z]\w+(?=")/g) ?? [])
      .filter((action) => action !== "s3:DeleteObject"),
  ),
};

/** Fails when the passage is not there, so that no case plants nothing. */
function plant(passage: string | RegExp, replacement: string): readonly string[] {
  const planted = TEMPLATE.replace(passage, replacement);
  if (planted === TEMPLATE) throw new Error(`${String(passage)} is not in the template`);
  return checkTemplate(planted, KNOWN);
}

describe("the template", () => {
  it("is without fault", () => {
    expect(KNOWN.secrets.size).toBeGreaterThan(1);
    expect(KNOWN.actions.size).toBeGreaterThan(3);
    expect(checkTemplate(TEMPLATE, KNOWN)).toEqual([]);
  });

  it("names the public bucket policy as what never to do", () => {
    expect(TEMPLATE).toMatch(/# Never do this.*"Principal": "\*", "Action": "s3:PutObject"/);
  });

  it.each<[string, string, string | RegExp, string]>([
    [
      "a principal",
      "LambdaRunsTheFunction allows something to *",
      "{ Service: lambda.amazonaws.com }",
      '"*"',
    ],
    [
      "a principal of any account",
      "LambdaRunsTheFunction allows something to *",
      "{ Service: lambda.amazonaws.com }",
      '{ AWS: "*" }',
    ],
    [
      "a public bucket policy, which lets every user write",
      "DenyDeleteByTheFunction allows something to *",
      /Effect: Deny\n(\s+)Principal: \{ AWS: !GetAtt FunctionRole.Arn \}\n\s+Action: "s3:DeleteObject\*"/,
      'Effect: Allow\n$1Principal: "*"\n$1Action: s3:PutObject',
    ],
    [
      "an action",
      "WriteAndReadTheRawZone allows s3:*",
      "Action: [s3:PutObject, s3:GetObject, s3:Abort",
      'Action: ["s3:*", s3:Abort',
    ],
    [
      "an action in part",
      "KeepTheState allows s3:Put*",
      "Action: [s3:PutObject, s3:GetObject]\n",
      'Action: ["s3:Put*"]\n',
    ],
    ["a resource", "KeepTheState reaches *", /(Sid: KeepTheState[\s\S]*?Resource:\n\s+- ).*/, '$1"*"'],
    [
      "all keys of the bucket",
      "WriteAndReadTheRawZone reaches arn:${AWS::Partition}:s3:::${Bucket}/*",
      "${KeyPrefix}Raw/*\n                  - !Sub",
      "*\n                  - !Sub",
    ],
    ["every queue", "SendWhatFailed reaches *", /(Sid: SendWhatFailed[\s\S]*?Resource: ).*/, '$1"*"'],
    [
      "every secret",
      "ReadTheTokenSecret reaches arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:*",
      "secret:${TokenSecret}-??????",
      "secret:*",
    ],
  ])("with a wildcard for %s is faulted: %s", (_what, fault, passage, replacement) => {
    expect(plant(passage, replacement)).toContain(fault);
  });

  it.each<[string, string | RegExp, string]>([
    [
      "ListTheRawZoneAndTheState has no condition of s3:prefix",
      /\n\s+StringLike:\n\s+"s3:prefix":\n(?:\s+- .*\n){4}/,
      "\n",
    ],
    [
      "ListTheRawZoneAndTheState lists *",
      "- !Sub ${KeyPrefix}Raw/*\n                      -",
      '- "*"\n                      -',
    ],
    [
      "FindUnfinishedUploads has no condition of aws:ResourceAccount",
      /(Sid: FindUnfinishedUploads[\s\S]*?)\n\s+Condition: .*/,
      "$1",
    ],
    ["OnlyTheSchedulesOfThisGroup has no condition of aws:SourceArn", /\n\s+"aws:SourceArn": .*/, ""],
    ["OnlyTheSchedulesOfThisGroup has no condition of aws:SourceAccount", /\n\s+"aws:SourceAccount": .*/, ""],
    ["FailedPolicy does not refuse plain HTTP", /(Action: "sqs:\*"[\s\S]*?)"false"/, '$1"true"'],
    ["LakePolicy does not refuse plain HTTP", /(Action: "s3:\*"[\s\S]*?)"false"/, '$1"true"'],
  ])("without a condition is faulted: %s", (fault, passage, replacement) => {
    expect(plant(passage, replacement)).toContain(fault);
  });

  it.each<[string, string | RegExp, string]>([
    ["Lake is open: no BlockPublicPolicy", "BlockPublicPolicy: true", "BlockPublicPolicy: false"],
    ["Lake is open: no BlockPublicAcls", /PublicAccessBlockConfiguration:(?:\n\s+\w+: true){4}/, "Tags: []"],
    ["Lake is open: it has AccessControl", "BucketName: !Ref Bucket", "AccessControl: PublicRead"],
    ["Lake.DeletionPolicy is undefined, not Retain", /\n\s+DeletionPolicy: Retain/, ""],
    [
      "Lake.Status is Suspended, not Enabled",
      "VersioningConfiguration: { Status: Enabled }",
      "VersioningConfiguration: { Status: Suspended }",
    ],
    [
      "Lake lets objects end: ExpirationInDays",
      "Status: Enabled\n            Prefix",
      "Status: Enabled\n            ExpirationInDays: 30\n            Prefix",
    ],
    [
      "Lake lets former versions of other objects end",
      "Prefix: !Sub ${KeyPrefix}_dagmar/",
      "Prefix: !Sub ${KeyPrefix}",
    ],
    ["LakePolicy has no statement", /(LakePolicy:[\s\S]*?Statement:)[\s\S]*?(?=\nOutputs)/, "$1 []"],
  ])("with an open or short-lived bucket is faulted: %s", (fault, passage, replacement) => {
    expect(plant(passage, replacement)).toContain(fault);
  });

  it.each<[string, string | RegExp, string]>([
    ["DailySchedule.DeadLetterConfig.Arn is undefined, not ${Failed.Arn}", /\n\s+DeadLetterConfig: .*/, ""],
    ["Function.OnFailure.Destination is undefined, not ${Failed.Arn}", /\n\s+DestinationConfig:\n.*/, ""],
    ["DailySchedule has no MaximumRetryAttempts", ", MaximumRetryAttempts: 10", ""],
    [
      "DailySchedule.ScheduleExpressionTimezone is undefined, not ${TimeZone}",
      /\n\s+ScheduleExpressionTimezone: .*/,
      "",
    ],
    ["Failed.SqsManagedSseEnabled is undefined, not true", /\n\s+SqsManagedSseEnabled: true/, ""],
    ["Log is kept forever", /\n\s+RetentionInDays: .*/, ""],
    [
      "Function.LogGroup is undefined, not ${Log}",
      /\n\s+LoggingConfig: .*/,
      "\n      LoggingConfig: { LogFormat: Text }",
    ],
    ["Function.ReservedConcurrentExecutions is undefined, not 1", /\n\s+ReservedConcurrentExecutions: 1/, ""],
    ["Function.Timeout is 60, not 900", "Timeout: 900", "Timeout: 60"],
    ["Function: the layer has no binary for nodejs18.x", "Runtime: nodejs24.x", "Runtime: nodejs18.x"],
  ])("that loses an event or its trace is faulted: %s", (fault, passage, replacement) => {
    expect(plant(passage, replacement)).toContain(fault);
  });

  it.each<[string, string | RegExp, string]>([
    ["Function: TMDB_API_TOKEN holds a secret", 'DAGMAR_HTTP: "off"', "TMDB_API_TOKEN: abc"],
    ["Function: DAGMAR_LAKES is unknown", "DAGMAR_LAKE:", "DAGMAR_LAKES:"],
    [
      "Function has FunctionUrlConfig",
      "Timeout: 900",
      "Timeout: 900\n      FunctionUrlConfig: { AuthType: NONE }",
    ],
    [
      "FunctionRole has policies that are written elsewhere",
      /(FunctionRole:[\s\S]*?Properties:)/,
      "$1\n      ManagedPolicyArns: [arn:aws:iam::aws:policy/AmazonS3FullAccess]",
    ],
    [
      "WriteAndReadTheRawZone allows s3:DeleteObject",
      "[s3:PutObject, s3:GetObject, s3:Abort",
      "[s3:DeleteObject, s3:PutObject, s3:GetObject, s3:Abort",
    ],
    [
      "WriteAndReadTheRawZone allows by NotAction",
      /Action: \[s3:PutObject, s3:GetObject, s3:Abort.*/,
      "NotAction: s3:DeleteObject",
    ],
    [
      "SendWhatFailed allows iam:PassRole",
      "Action: sqs:SendMessage",
      "Action: [sqs:SendMessage, iam:PassRole]",
    ],
    ["DenyWithoutTls allows something by a policy of the resource", "Effect: Deny", "Effect: Allow"],
    ["KeepTheState is not explained", /\n *#[^\n]*\n( *- Sid: KeepTheState)/, "\n$1"],
    ["Log is a AWS::Lambda::Url, which is not allowed here", "AWS::Logs::LogGroup", "AWS::Lambda::Url"],
    ["there is no AWS::Logs::LogGroup", "AWS::Logs::LogGroup", "AWS::Lambda::Url"],
  ])("that grants or shows more is faulted: %s", (fault, passage, replacement) => {
    expect(plant(passage, replacement)).toContain(fault);
  });
});
