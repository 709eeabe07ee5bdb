// OpenAPI 3.1 from the contract; spec/openapi.json is this document and is served at /openapi.json.
import * as z from 'zod/mini';
import { caseContract } from './case-contract.ts';
import { contract } from './contract.ts';
import type { Endpoint } from './endpoint.ts';
import { type ServerFailureCode, serverFailures } from './failures.ts';
import { payContract } from './pay-contract.ts';

type Json = { readonly [key: string]: unknown };

export function openApiDocument(): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const definition of Object.values<Endpoint>({ ...contract, ...caseContract, ...payContract })) {
    const path = definition.path.replace(/:([a-z]+)/gi, '{$1}');
    paths[path] ??= {};
    paths[path][definition.method.toLowerCase()] = operation(definition);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Reprise',
      version: '1.0.0',
      description:
        'The contract between Reprise clients and servers. Bytes are sealed in the client: the server stores objects it cannot read. Formats: spec/.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: {
        device: {
          type: 'http',
          scheme: 'Reprise1',
          description: 'base64url of dCBOR [device id, time ms, nonce 16, Ed25519 signature]: spec/requests.md',
        },
      },
      schemas: { Failure: failureSchema() },
    },
  };
}

function operation(definition: Endpoint): Json {
  return {
    operationId: definition.id,
    summary: definition.summary,
    tags: [definition.id.split('.')[0]],
    ...(definition.auth === 'device' ? { security: [{ device: [] }] } : {}),
    parameters: [...pathParameters(definition), ...rangeParameter(definition)],
    ...requestBody(definition),
    responses: { ...success(definition), ...failures(definition) },
  };
}

function pathParameters(definition: Endpoint): Json[] {
  return Object.entries(definition.params).map(([name, schema]) => ({
    name,
    in: 'path',
    required: true,
    schema: jsonSchema(schema, 'input'),
  }));
}

function rangeParameter(definition: Endpoint): Json[] {
  if (definition.answer.kind !== 'bytes' || !definition.answer.ranges) return [];
  return [{ name: 'Range', in: 'header', required: false, schema: { type: 'string', pattern: '^bytes=\\d*-\\d*$' } }];
}

function requestBody(definition: Endpoint): Json {
  const { body } = definition;
  if (body.kind === 'none') return {};
  const content =
    body.kind === 'json'
      ? { 'application/json': { schema: jsonSchema(body.schema, 'input') } }
      : { 'application/octet-stream': { schema: { type: 'string', format: 'binary', description: body.holds, maxLength: body.bytesMax } } };
  return { requestBody: { required: true, content } };
}

function success({ answer }: Endpoint): Json {
  if (answer.kind === 'empty') return { '204': { description: 'Done' } };
  if (answer.kind === 'json') {
    return { [answer.status]: { description: 'Done', content: { 'application/json': { schema: jsonSchema(answer.schema, 'output') } } } };
  }
  const content = { [answer.type ?? 'application/octet-stream']: { schema: { type: 'string', format: 'binary' } } };
  return {
    '200': { description: answer.holds, content },
    ...(answer.ranges ? { '206': { description: `${answer.holds}, the range asked`, content } } : {}),
  };
}

/** Codes that share a status share its answer. */
function failures(definition: Endpoint): Json {
  const byStatus = new Map<number, ServerFailureCode[]>();
  for (const code of [...definition.failures, 'server-error'] as ServerFailureCode[]) {
    const { status } = serverFailures[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: codes.map((code) => `\`${code}\``).join(', '),
        'x-codes': codes,
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Failure' } } },
      },
    ]),
  );
}

function failureSchema(): Json {
  const codes = Object.keys(serverFailures) as ServerFailureCode[];
  return {
    type: 'object',
    description: codes.map((code) => `${code}: ${serverFailures[code].meaning}`).join('\n'),
    required: ['error'],
    properties: {
      error: {
        type: 'object',
        required: ['code', 'facts'],
        properties: { code: { type: 'string', enum: codes }, facts: { type: 'object', additionalProperties: true } },
      },
    },
  };
}

function jsonSchema(schema: z.ZodMiniType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'throw' });
  return rest;
}
