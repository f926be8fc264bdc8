/** The failpoints that only the function has. */
declare module "../../model/failpoint.ts" {
  interface TaskFailpoints {
    readonly "lambda.lease.before": true;
    readonly "lambda.lease.after": true;
    readonly "lambda.snapshot.before": true;
    readonly "lambda.snapshot.after": true;
  }
}

export const LAMBDA_FAILPOINTS = [
  "lambda.lease.before",
  "lambda.lease.after",
  "lambda.snapshot.before",
  "lambda.snapshot.after",
] as const;
