// What both sides may see: ids, limits, failures, the contract. openapi.ts stands apart: only hosts and tools need it.
export * from './contract.ts';
export * from './endpoint.ts';
export * from './formats.ts';
export * from './ids.ts';
