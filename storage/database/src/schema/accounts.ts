// Accounts: what opens them, their devices, what lives for minutes only, and what plans allow. spec/accounts.md.
import type { Bytes } from '@reprise/kit';
import type { DeviceId, SpaceId, UserId } from '@reprise/protocol';
import type { Optional, WithDefault } from './columns.ts';

export interface AccountTables {
  readonly accounts: AccountsTable;
  readonly account_names: AccountNamesTable;
  readonly account_slots: AccountSlotsTable;
  readonly account_devices: AccountDevicesTable;
  readonly tickets: TicketsTable;
  readonly login_states: LoginStatesTable;
  readonly pairings: PairingsTable;
  readonly plans: PlansTable;
  readonly entitlements: EntitlementsTable;
}

interface AccountsTable {
  readonly user_id: UserId;
  readonly home_space: SpaceId;
  readonly identity_key: Bytes;
  /** What OPAQUE keeps of the password (RFC 9807 "RegistrationRecord"). */
  readonly opaque_record: Bytes;
  /** Name of the operator's plan, which says how many bytes the account may have. */
  readonly plan: string;
  /** Its password opens it only with a passkey; without one that is left, alone. */
  readonly demands_passkey: WithDefault<0 | 1>;
  /** When it last ceased to, ms since 1970; null: it never demanded one. */
  readonly demand_lifted_at: Optional<number>;
  readonly created_at: number;
  /** Set while its owner's deletion waits. */
  readonly ends_at: Optional<number>;
}

/** How an account is called at sign-in: its drawn locator, and a name if its owner chose one. */
interface AccountNamesTable {
  readonly name: string;
  readonly user_id: UserId;
  readonly kind: 'locator' | 'chosen';
}

/** What opens the account, sealed by its owner. */
interface AccountSlotsTable {
  readonly user_id: UserId;
  /** 16 bytes in hex. */
  readonly slot: string;
  readonly type: 'password' | 'passkey' | 'recovery';
  readonly version: number;
  readonly sealed: Bytes;
  /** Finds the slot before the account is known; null for passwords, which are found by name. */
  readonly finder: Optional<string>;
  /** SHA-256 of what whoever presents the finder must prove. */
  readonly token_hash: Optional<Bytes>;
  readonly created_at: number;
  /** When it last gave out a ticket. */
  readonly used_at: Optional<number>;
}

/** As the home log says; kept here to answer requests. */
interface AccountDevicesTable {
  readonly device_id: DeviceId;
  readonly user_id: UserId;
  readonly public_key: Bytes;
  readonly caps: number;
  readonly created_at: number;
  readonly seen_at: number;
  readonly revoked_at: Optional<number>;
  /** Number of the log entry that revoked it. */
  readonly revoked_seq: Optional<number>;
}

interface TicketsTable {
  /** SHA-256 of the ticket, in hex. */
  readonly hash: string;
  readonly user_id: UserId;
  readonly expires_at: number;
  /** When it certified its one device. */
  readonly used_at: Optional<number>;
}

/** The server's half of logins that run. */
interface LoginStatesTable {
  readonly login: string;
  /** A made-up one for a name that nobody has. */
  readonly user_id: UserId;
  readonly state: Bytes;
  readonly expires_at: number;
}

/** Letters between two devices, which can be read by nobody else; each step is written once. */
interface PairingsTable {
  readonly pairing: string;
  readonly step: number;
  readonly message: Bytes;
  readonly expires_at: number;
}

/** What the operator allows, by the name in `accounts.plan`. A name without a row stands for the default. */
interface PlansTable {
  readonly plan: string;
  readonly bytes_max: number;
  /** How long at least what a sweep ends stays; 0: as the policy of its space says. */
  readonly history_days: WithDefault<number>;
}

/** Until when an account has a plan besides the one of its own. A row stays when it has run out. */
interface EntitlementsTable {
  readonly user_id: UserId;
  readonly plan: string;
  /** ms since 1970. */
  readonly until: number;
}
