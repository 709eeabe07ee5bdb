// The shape of the contract: an endpoint is data, from which come request checking, the typed client and openapi.json.
import type * as z from 'zod/mini';
import type { ServerFailureCode } from './failures.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Who may call: anyone, a device that signs (spec/requests.md), or who was handed the URL itself. */
export type Auth = 'none' | 'device' | 'place';

export type RequestBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'json'; readonly schema: z.ZodMiniType; readonly bytesMax: number }
  | { readonly kind: 'bytes'; readonly holds: string; readonly bytesMax: number };

export type Answer =
  | { readonly kind: 'empty'; readonly status: 204 }
  | { readonly kind: 'json'; readonly status: 200 | 201; readonly schema: z.ZodMiniType }
  | {
      readonly kind: 'bytes';
      readonly status: 200;
      readonly holds: string;
      readonly ranges: boolean;
      /** Unless application/octet-stream. */
      readonly type?: string;
    };

export type Endpoint = {
  readonly id: string;
  readonly method: Method;
  /** Path with `:name` for each parameter. */
  readonly path: `/${string}`;
  readonly summary: string;
  readonly auth: Auth;
  /** Whether a ticket of the account is taken in place of a device's signature, where the account's home is the space. */
  readonly tickets?: boolean;
  readonly params: Readonly<Record<string, z.ZodMiniType<string, string>>>;
  readonly body: RequestBody;
  readonly answer: Answer;
  readonly failures: readonly ServerFailureCode[];
};

/** Keeps the literal types, so that the typed client and the routes know each field. */
export function endpoint<const E extends Endpoint>(definition: E): E {
  return definition;
}

export type ParamsOf<E extends Endpoint> = { readonly [Name in keyof E['params']]: string };
export type BodyOf<E extends Endpoint> = E['body'] extends { kind: 'json'; schema: infer S extends z.ZodMiniType }
  ? z.input<S>
  : E['body'] extends { kind: 'bytes' }
    ? Uint8Array
    : undefined;
export type AnswerOf<E extends Endpoint> = E['answer'] extends { kind: 'json'; schema: infer S extends z.ZodMiniType }
  ? z.output<S>
  : E['answer'] extends { kind: 'bytes' }
    ? Uint8Array
    : undefined;

/** Fills the path's parameters. */
export function formatPath<E extends Endpoint>(definition: E, params: ParamsOf<E>): string {
  return definition.path.replace(/:([a-z]+)/gi, (_, name: string) => encodeURIComponent((params as Record<string, string>)[name] ?? ''));
}

export const noBody = { kind: 'none' } as const;
export const emptyAnswer = { kind: 'empty', status: 204 } as const;
