// What an enrolled device changes about its account: password, kits, passkeys, name, devices, the end. spec/accounts.md "Changes".
import { formatBase64url, formatHex, type Bytes } from '@reprise/kit';
import { type AnswerOf, type Contract, type DeviceId, Failure, idBytes, sha256, signRevocation } from '@reprise/protocol';
import {
  type Door,
  encodeDeviceRecord,
  formatAccountCode,
  formatKit,
  normalizeName,
  parseKit,
  passkeyDoor,
  passkeyKek,
  type PasskeyOutput,
  recoveryDoor,
  recoveryKek,
  sealSlot,
  type SlotContent,
} from '@reprise/vault/account';
import type { AppAccess, NewAppCredential } from './app-credential.ts';
import { withDoor } from './checkpoint.ts';
import { appendHome, followHome, type HomeLog, pointOf } from './home-log.ts';
import { type AccountPorts, deviceOf, identityOf, type OpenedAccount } from './opened.ts';
import { openKit } from './doors.ts';
import { doorProof, judgePassword, type LoginProof, provePassword, registerPassword } from './password.ts';
import { readRecord } from './unlock.ts';

/** A device of the account, as the log and the server know it. */
export type AccountDevice = {
  readonly device: DeviceId;
  /** Bits of `capabilities`. */
  readonly caps: number;
  readonly isThis: boolean;
  readonly createdMs: number;
  /** As the server tells; null if it does not. */
  readonly seenMs: number | null;
  readonly isRevoked: boolean;
};

/** A way into the account: what kind it is, its id in hex, when it was made and used, in ms since 1970. */
export type SlotInfo = {
  readonly type: 'password' | 'passkey' | 'recovery';
  readonly slot: string;
  readonly createdMs: number;
  readonly usedMs: number | null;
};

/** What the server keeps about an account, without the files. */
export type AccountExport = {
  readonly account: {
    readonly userId: string;
    readonly homeSpace: string;
    readonly locator: string;
    readonly name: string | null;
    readonly plan: string;
    readonly createdMs: number;
    readonly endsMs: number | null;
  };
  readonly devices: readonly AccountDevice[];
  readonly slots: readonly SlotInfo[];
  readonly demandsPasskey: boolean;
};

/** What a person shows once more, because a device may be stolen. */
export type AccountProof =
  /** With a passkey where the account demands one. */
  | { readonly by: 'password'; readonly password: string; readonly passkey?: PasskeyOutput | undefined }
  /** The 24 words of a recovery kit. */
  | { readonly by: 'kit'; readonly words: string }
  | { readonly by: 'passkey'; readonly passkey: PasskeyOutput };

/** What was typed where a password or a kit is asked for: 24 words with their checksum are a kit. */
export function readProof(text: string): AccountProof {
  try {
    parseKit(text);
    return { by: 'kit', words: text };
  } catch (error) {
    if (!(error instanceof Failure && error.code === 'bad-kit')) throw error;
    return { by: 'password', password: text };
  }
}

/** What opens the account. */
export type AccountWays = {
  readonly slots: readonly SlotInfo[];
  /** The password opens it only together with a passkey. */
  readonly demandsPasskey: boolean;
};

/** Acts on an account that is open; each may be called again after it failed. */
export class AccountChanges {
  readonly #ports: AccountPorts;
  readonly #account: OpenedAccount;

  constructor(ports: AccountPorts, account: OpenedAccount) {
    this.#ports = ports;
    this.#account = account;
  }

  /** The account code as it is printed. */
  get code(): string {
    const { record, keys } = this.#account;
    return formatAccountCode({ locator: record.locator, secret: keys.codeSecret });
  }

  /** What the server knows of the account. @throws Failure network, device-revoked */
  get(signal?: AbortSignal): Promise<AnswerOf<Contract['account.get']>> {
    return this.#ports.connection.call('account.get', { ...this.#call, signal });
  }

  /** @throws Failure login-refused if the current password is wrong */
  async changePassword(current: string, next: string, signal?: AbortSignal): Promise<void> {
    await this.#confirm(current, signal);
    await this.setPassword(next, signal);
  }

  /** Without the current one: after a recovery by kit or passkey, on a device that has just proved itself. */
  async setPassword(next: string, signal?: AbortSignal): Promise<void> {
    const content = await this.#content(signal);
    const { slots } = await this.#ports.connection.call('account.slots', { ...this.#call, signal });
    const version = Math.max(0, ...slots.filter(({ type }) => type === 'password').map((slot) => slot.version)) + 1;
    const password = await registerPassword(this.#ports, next, content, version, signal);
    const body = { record: password.record, password: password.slot, slots: [] };
    await this.#ports.connection.call('account.password', { ...this.#call, body, signal });
    const record = (await readRecord(this.#ports)) ?? this.#account.record;
    await this.#ports.store.save(encodeDeviceRecord(await withDoor(this.#ports, record, password.door, content.checkpoint.seq)));
  }

  /** The ways into the account. @throws Failure network, device-revoked */
  async slots(signal?: AbortSignal): Promise<readonly SlotInfo[]> {
    return (await this.ways(signal)).slots;
  }

  /** The ways into the account, and whether a passkey is demanded. @throws Failure network, device-revoked */
  async ways(signal?: AbortSignal): Promise<AccountWays> {
    const { slots, demandsPasskey } = await this.#ports.connection.call('account.slots', { ...this.#call, signal });
    return {
      slots: slots.map(({ type, slot, createdAt, usedAt }) => ({ type, slot, createdMs: createdAt, usedMs: usedAt })),
      demandsPasskey,
    };
  }

  /** A new recovery kit. Former ones open the account too, until `keepKit` was told that this one does. @returns its 24 words */
  async makeKit(signal?: AbortSignal): Promise<readonly string[]> {
    const { connection, engine } = this.#ports;
    const entropy = connection.random(32);
    const content = await this.#content(signal);
    const kek = await recoveryKek(engine, entropy, content.userId);
    await this.#putDoor('recovery', await recoveryDoor(engine, entropy), kek, content, signal);
    return formatKit(entropy);
  }

  /**
   * Runs the real restore on the words.
   * @returns false if they are the kit of another account
   * @throws Failure bad-kit, login-refused if they open nothing here, network
   */
  async tryKit(words: string, signal?: AbortSignal): Promise<boolean> {
    const { content } = await openKit(this.#ports, parseKit(words), signal);
    return formatHex(content.userId) === this.#account.session.userId;
  }

  /** As `tryKit`; if the kit opens this account, every other kit ends. */
  async keepKit(words: string, signal?: AbortSignal): Promise<boolean> {
    const { ticket, content } = await openKit(this.#ports, parseKit(words), signal);
    if (formatHex(content.userId) !== this.#account.session.userId) return false;
    for (const { type, slot } of await this.slots(signal))
      if (type === 'recovery' && slot !== ticket.slot.slot) await this.removeSlot(slot, signal);
    return true;
  }

  /**
   * A passkey as a further way in. Ask the passkey twice before: only one that gives the same value again is worth a slot.
   * @returns the slot's id
   */
  async addPasskey(output: PasskeyOutput, signal?: AbortSignal): Promise<string> {
    const { engine } = this.#ports;
    const content = await this.#content(signal);
    return this.#putDoor('passkey', await passkeyDoor(engine, output), await passkeyKek(engine, output), content, signal);
  }

  /**
   * Has the server demand a passkey besides the password, or no more. The kit still opens the account without one.
   * @param passkey one that works, shown by using it; null: the password alone
   * @throws Failure kit-untried before a kit was tried; login-refused for a passkey of no use here
   */
  async demandPasskey(passkey: PasskeyOutput | null, signal?: AbortSignal): Promise<void> {
    const proof = passkey && doorProof(await passkeyDoor(this.#ports.engine, passkey));
    await this.#ports.connection.call('account.demandPasskey', { ...this.#call, body: { passkey: proof }, signal });
  }

  /** One that is gone already is no failure. @throws Failure last-slot for the password */
  async removeSlot(slot: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.#ports.connection.call('account.deleteSlot', { params: { slot }, device: deviceOf(this.#account), signal });
    } catch (error) {
      if (!(error instanceof Failure && error.code === 'not-found')) throw error;
    }
  }

  /** @param name null: only the locator remains @throws Failure name-taken */
  async rename(name: string | null, signal?: AbortSignal): Promise<void> {
    const chosen = name === null ? null : normalizeName(name);
    await this.#ports.connection.call('account.rename', { ...this.#call, body: { name: chosen }, signal });
    // What is kept may be newer: keys that are on their way stay.
    const record = (await readRecord(this.#ports)) ?? this.#account.record;
    await this.#ports.store.save(encodeDeviceRecord({ ...record, name: chosen ?? record.locator }));
  }

  /** As the log says, which this device has judged; the server adds when each was last heard. */
  async devices(signal?: AbortSignal): Promise<readonly AccountDevice[]> {
    const { state } = await followHome(this.#home, signal);
    const told = await this.#ports.connection.call('account.devices', { ...this.#call, signal });
    const seen = new Map(told.devices.map((device) => [device.device, device.seenAt]));
    const { deviceId, userId } = this.#account.session;
    return [...state.devices]
      .filter(([, device]) => device.userId === userId)
      .map(([device, { caps, createdMs, revokedAtSeq }]) => ({
        device,
        caps,
        isThis: device === deviceId,
        createdMs,
        seenMs: seen.get(device) ?? null,
        isRevoked: revokedAtSeq !== null,
      }));
  }

  /** Ends a device by an entry of the log: the server refuses it from then on. What it has read it may keep. */
  async revokeDevice(device: DeviceId, signal?: AbortSignal): Promise<void> {
    const { connection } = this.#ports;
    const identity = await identityOf(this.#account.keys);
    const revocation = await signRevocation(identity, { deviceId: idBytes(device), timeMs: connection.clock.now() });
    const isGone = (known: { readonly revokedAtSeq: number | null } | undefined) => known !== undefined && known.revokedAtSeq !== null;
    const draft = { type: 'device', revocation } as const;
    await appendHome(this.#home, deviceOf(this.#account), draft, ({ devices }) => isGone(devices.get(device)), signal);
  }

  /**
   * Lets a tool into the whole drive, to read it or to change it too, as a device of its own. `revokeDevice` ends it.
   * @throws as `makeAppCredential`
   */
  async addAppCredential(access: AppAccess, signal?: AbortSignal): Promise<NewAppCredential> {
    const { makeAppCredential } = await import('./app-credential.ts');
    return makeAppCredential(this.#ports, this.#account, access, signal);
  }

  /** Leaves the account on this device alone: its keys go, and the log says so if the server can be reached. */
  async signOut(signal?: AbortSignal): Promise<void> {
    try {
      await this.revokeDevice(this.#account.session.deviceId, signal);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
    await this.#ports.store.erase();
  }

  /**
   * Ends the links at once, and everything after seven days. The server asks for more than this device.
   * @returns when, in ms
   * @throws Failure login-refused; passkey-needed; proof-too-new for a way in that was made or changed within seven days
   */
  async deleteAccount(proof: AccountProof, signal?: AbortSignal): Promise<number> {
    const { connection, engine } = this.#ports;
    const end = async (given: LoginProof | Door): Promise<number> => {
      const shown = 'login' in given ? ({ by: 'password', ...given } as const) : ({ by: 'door', ...doorProof(given) } as const);
      return (await connection.call('account.delete', { ...this.#call, body: { proof: shown }, signal })).endsAt;
    };
    if (proof.by === 'kit') return end(await recoveryDoor(engine, parseKit(proof.words)));
    if (proof.by === 'passkey') return end(await passkeyDoor(engine, proof.passkey));
    const { record, keys } = this.#account;
    const wish = { name: record.locator, codeSecret: keys.codeSecret, password: proof.password, passkey: proof.passkey, signal };
    return (await judgePassword(this.#ports, wish, end)).answer;
  }

  /** Takes the deletion of the account back while it waits. @throws Failure role-refused, device-revoked, network */
  async keepAccount(signal?: AbortSignal): Promise<void> {
    await this.#ports.connection.call('account.keep', { ...this.#call, signal });
  }

  /** All that the server keeps about the account but its files, for its owner to take along: nothing of it opens anything. */
  async exportAccount(signal?: AbortSignal): Promise<AccountExport> {
    const { userId, homeSpace, locator, name, plan, createdAt, endsAt } = await this.get(signal);
    const account = { userId, homeSpace, locator, name, plan, createdMs: createdAt, endsMs: endsAt };
    return { account, devices: await this.devices(signal), ...(await this.ways(signal)) };
  }

  /** The password once more. That a passkey is demanded besides is told to who has proved it: this device needs none. */
  async #confirm(password: string, signal: AbortSignal | undefined): Promise<void> {
    const { record, keys } = this.#account;
    try {
      await provePassword(this.#ports, { name: record.locator, password, codeSecret: keys.codeSecret, signal });
    } catch (error) {
      if (!(error instanceof Failure && error.code === 'passkey-needed')) throw error;
    }
  }

  get #call() {
    return { params: {}, device: deviceOf(this.#account) };
  }

  get #home(): HomeLog {
    const { connection, heads } = this.#ports;
    const { homeSpace, start } = this.#account.session;
    return { connection, heads, space: homeSpace, start, asker: { device: deviceOf(this.#account) } };
  }

  /** What a new slot holds, with the newest head that this device has accepted. */
  async #content(signal: AbortSignal | undefined): Promise<SlotContent> {
    const { record, keys } = this.#account;
    const { state } = await followHome(this.#home, signal);
    return { keys, userId: record.userId, homeSpace: record.homeSpace, checkpoint: pointOf(state) };
  }

  async #putDoor(
    type: 'recovery' | 'passkey',
    door: Door,
    kek: Bytes,
    content: SlotContent,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const { connection, engine } = this.#ports;
    const slotId = connection.random(16);
    const sealed = await sealSlot(engine, type, kek, { userId: content.userId, slotId, version: 1 }, content, connection.random);
    const body = {
      type,
      slot: formatHex(slotId),
      version: 1,
      sealed: formatBase64url(sealed),
      finder: formatBase64url(door.finder),
      tokenHash: formatBase64url(await sha256(door.token)),
    };
    await connection.call('account.putSlot', { ...this.#call, body, signal });
    return body.slot;
  }
}
