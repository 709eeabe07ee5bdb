// A client of a drive with a log: it follows the log, writes entries, puts and gets objects, as any client would. Its roots are random bytes.
import { type Bytes, formatBase64url, systemRandom } from '@reprise/kit';
import { type AnswerOf, contract, type Endpoint, joinIds, type ObjectId, type ParamsOf } from '@reprise/protocol';
import {
  advanceLog,
  allCapabilities,
  decodeEnvelope,
  type Draft,
  encodeEnvelope,
  type Envelope,
  epochCommitment,
  joinSortedIds,
  liveTable,
  type LogState,
  sealedRootBytes,
  signCertificate,
  signKemRecord,
  spaceKinds,
  splitEnvelopes,
  startLog,
  writeEntry,
  writeGenesis,
} from '@reprise/protocol/formats';
import { AccountOwner, drawDevice, type TestDevice } from './account.ts';
import { type Answer, batchOf, readAnswer, type Sealed, send, signAs, type Stamp } from './owner.ts';
import type { TestService } from './service.ts';

type Content = Uint8Array | object | undefined;

const bytesOf = (id: string): Bytes => new Uint8Array(Buffer.from(id, 'hex'));
export const sortedIds = (objects: readonly { readonly id: string }[]): Bytes => joinSortedIds(objects.map(({ id }) => bytesOf(id)));
export const tableOf = (objects: readonly { readonly id: string }[]) => liveTable(objects.map(({ id }) => bytesOf(id)));

export class Member {
  readonly service: TestService;
  readonly account: AccountOwner;
  readonly device: TestDevice;
  readonly space: string;
  /** As far as this client has followed the log. */
  state: LogState;

  constructor(service: TestService, account: AccountOwner, device: TestDevice, state: LogState) {
    this.service = service;
    this.account = account;
    this.device = device;
    this.space = Buffer.from(state.space).toString('hex');
    this.state = state;
  }

  /** A new account with its home. */
  static async open(service: TestService): Promise<Member> {
    const account = await AccountOwner.open(service);
    return new Member(service, account, account.device, await startLog(account.genesis, 'all'));
  }

  /** Another program with the same device and the same knowledge. */
  twin(service = this.service): Member {
    return new Member(service, this.account, this.device, this.state);
  }

  /** Certifies another device of the account, which then follows the log on its own. */
  async enrol(caps = allCapabilities): Promise<Member> {
    const device = await drawDevice();
    const certificate = await this.certify(device, caps);
    const envelope = await writeEntry(this.state, device, { type: 'device', certificate }, this.service.clock.now());
    const answer = await this.send(envelope);
    if (answer.status !== 201) throw new Error(`not enrolled: ${answer.error?.code}`);
    return new Member(this.service, this.account, device, this.state);
  }

  certify(device: TestDevice, caps = allCapabilities) {
    const createdMs = this.service.clock.now();
    return signCertificate(this.account.identity, { devicePublic: device.publicKey, createdMs, caps });
  }

  async call<E extends Endpoint>(
    definition: E,
    params: Omit<ParamsOf<E>, 'space'>,
    content?: Content,
    stamp: Stamp = {},
  ): Promise<Answer<AnswerOf<E>>> {
    const all = ('space' in definition.params ? { space: this.space, ...params } : params) as unknown as ParamsOf<E>;
    return send(this.service.url, definition, all, content, {
      authorization: await this.sign(definition, all as ParamsOf<Endpoint>, content, stamp),
    });
  }

  sign(definition: Endpoint, params: ParamsOf<Endpoint>, content?: Content, stamp: Stamp = {}): Promise<string> {
    return signAs(this, definition, params, content, stamp);
  }

  /** Puts objects; they are pending then. */
  async put(objects: readonly Sealed[]): Promise<Answer<{ stored: number; bytes: number }>> {
    const body = batchOf(objects);
    const asked = await this.call(contract['spaces.puts'], {}, { batches: [{ bytes: body.length, class: 'bulk' }], objects: [] });
    const url = asked.json?.puts?.[0]?.url;
    if (url === undefined) throw new Error(`no place: ${asked.error?.code}`);
    return readAnswer(await fetch(this.service.url + url, { method: 'PUT', body }));
  }

  write(draft: Draft): Promise<Envelope> {
    return writeEntry(this.state, this.device, draft, this.service.clock.now());
  }

  commitOf(adds: readonly { readonly id: string }[], delta: Bytes | null = null): Promise<Envelope> {
    return this.write({ type: 'commit', root: systemRandom(sealedRootBytes), adds: sortedIds(adds), delta });
  }

  /** Sends an entry, and follows it if it was taken. */
  async send(envelope: Envelope) {
    const answer = await this.call(contract['spaces.append'], {}, encodeEnvelope(envelope));
    if (answer.status === 201) this.state = (await advanceLog(this.state, envelope)).state;
    return answer;
  }

  async append(draft: Draft) {
    return this.send(await this.write(draft));
  }

  async commit(adds: readonly { readonly id: string }[]) {
    return this.send(await this.commitOf(adds));
  }

  /** Puts objects and commits them. */
  async add(objects: readonly Sealed[]): Promise<void> {
    const [put, committed] = [await this.put(objects), await this.commit(objects)];
    if (put.status !== 201 || committed.status !== 201) throw new Error(`not added: ${put.error?.code} ${committed.error?.code}`);
  }

  /** Ends some objects where others remain, having walked the head. */
  async sweep(ended: readonly { readonly id: string }[], remaining: readonly { readonly id: string }[]) {
    const { seq, head: id } = this.state;
    return this.append({ type: 'sweep', seq, id, ids: sortedIds(ended), table: await tableOf(remaining) });
  }

  async page(wish: object): Promise<Envelope[]> {
    const answer = await this.call(contract['spaces.log'], {}, wish);
    if (answer.status !== 200) throw new Error(`no page: ${answer.error?.code}`);
    return splitEnvelopes(answer.bytes).map(decodeEnvelope);
  }

  /** Follows the log to its head, as a client does after a conflict. */
  async follow(): Promise<void> {
    for (;;) {
      const page = await this.page({ from: this.state.seq + 1 });
      if (page.length === 0) return;
      for (const envelope of page) this.state = (await advanceLog(this.state, envelope)).state;
    }
  }

  head() {
    return this.call(contract['spaces.head'], {});
  }

  gets() {
    return this.call(contract['spaces.gets'], {}, {});
  }

  /** Whether a member can read the object. */
  async reads({ id }: { readonly id: string }): Promise<boolean> {
    const { template } = (await this.gets()).json;
    return (await fetch(this.service.url + (template ?? '').replace('{id}', id))).status === 200;
  }

  async has(objects: readonly Sealed[]): Promise<boolean> {
    const answer = await this.call(contract['spaces.have'], {}, joinIds(objects.map(({ id }) => id as ObjectId)));
    return answer.bytes.length === 0;
  }

  usage() {
    return this.call(contract['account.usage'], {});
  }
}

/** The genesis of a drive beside the home, signed by the account's first device. */
export async function drawDrive(account: AccountOwner): Promise<Envelope> {
  const nonce = systemRandom(32);
  const { envelope } = await writeGenesis(account.device, {
    kind: spaceKinds.drive,
    identityKey: account.identity.publicKey,
    certificate: account.certificate,
    nonce,
    policy: { versionMin: 1, suiteMin: 1, retentionDays: 30, paddingMode: 0 },
    epochCommitment: await epochCommitment(nonce, systemRandom(32)),
    kemRecord: await signKemRecord(account.identity, { kemPublic: systemRandom(1_216), number: 1 }),
    timeMs: account.service.clock.now(),
  });
  return envelope;
}

/** Opens a drive beside the home. */
export async function openDriveSpace(service: TestService, account: AccountOwner): Promise<Member> {
  const envelope = await drawDrive(account);
  const answer = await send(service.url, contract['spaces.create'], {}, { genesis: formatBase64url(encodeEnvelope(envelope)) });
  if (answer.status !== 201) throw new Error(`no drive: ${answer.error?.code}`);
  return new Member(service, account, account.device, await startLog(envelope, 'all'));
}
