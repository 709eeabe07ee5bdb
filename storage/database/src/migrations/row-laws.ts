// What may happen to a row, held by the database itself on both engines: whoever goes round the code is refused too. Migrations that have run
// stand in databases for ever: what this gives for the same laws does not change.

export type RowLaw = {
  readonly table: string;
  readonly on: 'update' | 'delete';
  /** SQL over `old` and `new`; what is not true is refused. */
  readonly allowed: string;
  readonly says: string;
};

export const triggerOf = ({ table, on }: RowLaw) => `${table}_${on}`;

export function sqliteLaw(law: RowLaw): string {
  return `create trigger ${triggerOf(law)} before ${law.on} on ${law.table} when (${law.allowed}) is not true
    begin select raise(abort, '${law.says}'); end`;
}

const refuse = (says: string) => `raise exception '${says}' using errcode = '23514';`;

export function postgresLaw(law: RowLaw): readonly string[] {
  return [
    `create function ${triggerOf(law)}() returns trigger language plpgsql as $$
        begin
          if (${law.allowed}) is not true then ${refuse(law.says)} end if;
          return ${law.on === 'delete' ? 'old' : 'new'};
        end $$`,
    `create trigger ${triggerOf(law)} before ${law.on} on ${law.table} for each row execute function ${triggerOf(law)}()`,
  ];
}

/** SQLite has no truncate. @param refusal the name of the function that refuses one, and what it says */
export function postgresLaws(laws: readonly RowLaw[], refusal: { readonly name: string; readonly says: string }): readonly string[] {
  const tables = [...new Set(laws.map(({ table }) => table))];
  return [
    ...laws.flatMap(postgresLaw),
    `create function ${refusal.name}() returns trigger language plpgsql as $$ begin ${refuse(refusal.says)} end $$`,
    ...tables.map(
      (table) => `create trigger ${table}_truncate before truncate on ${table} for each statement execute function ${refusal.name}()`,
    ),
  ];
}
