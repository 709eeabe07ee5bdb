// The chapter spec/failures.md, made from the closed list so that the two cannot differ.
import { clientFailures, serverFailures } from '@reprise/protocol';

export function failuresChapter(): string {
  const server = Object.entries(serverFailures).map(([code, { status, meaning }]) => `| \`${code}\` | ${status} | ${meaning} |`);
  const client = Object.entries(clientFailures).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  return `# Failures

Made from \`core/protocol/src/failures.ts\` by \`npm run openapi\`; edit it there.

A server answers a failure with its status and the JSON body \`{"error":{"code","facts"}}\`. \`facts\` is an object of strings,
numbers, booleans, nulls and lists of strings. Codes are a closed list: a client that meets another one treats it as
\`bad-answer\`. A client never tells the server why an object or a record was refused.

## Codes a server answers with

| code | status | meaning |
|---|---|---|
${server.join('\n')}

## Codes of the client, which never travel

| code | meaning |
|---|---|
${client.join('\n')}

## Uniform answers

An unknown link id, a wrong token, an expired, a revoked and a used-up link all answer 404 \`link-unavailable\`, with the same
headers. Only a request that proves the link's token learns \`facts.reason\`: \`expired\`, \`revoked\` or \`used-up\`. A space that does
not exist and one that belongs to another device both answer 404 \`not-found\`.
`;
}
