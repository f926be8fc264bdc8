/** Makes a bucket in the test store; a process of its own, so that the bench does not load the SDK. Argument: the bucket's name. */
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";

const client = new S3Client({
  endpoint: process.env["DAGMAR_TEST_S3_ENDPOINT"] ?? "",
  region: process.env["DAGMAR_TEST_S3_REGION"] ?? "us-east-1",
  forcePathStyle: true,
  credentials: {
    accessKeyId: process.env["DAGMAR_TEST_S3_ACCESS_KEY"] ?? "",
    secretAccessKey: process.env["DAGMAR_TEST_S3_SECRET_KEY"] ?? "",
  },
});
await client.send(new CreateBucketCommand({ Bucket: process.argv[2] }));
