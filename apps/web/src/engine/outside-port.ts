// What the screens ask of a wallet that a person has elsewhere and has connected to this browser. No code here. spec/wallet.md "A wallet of one's own".
import type { EngineFailure, Observable, TimeMs } from './port.ts';

/** A payment that the wallet was asked for. Satoshis, whole. */
export type OutsideAsked = {
  readonly purpose: string;
  readonly sats: number;
  readonly askedAt: TimeMs;
  readonly endsAt: TimeMs;
  /** 'asked': how it ended is not known; it may have been paid. */
  readonly state: 'asked' | 'paid';
};

export type OutsideWallet = {
  /** null: none is connected, or that is not known yet. */
  readonly connected: {
    /** Names of the relays between. */
    readonly relays: readonly string[];
    readonly since: TimeMs;
    /** Whether it says how a payment ended. */
    readonly canLookUp: boolean;
    /** What it may still spend here, in satoshis; 'none': it names no bound; null: not asked yet, or it did not answer. */
    readonly budget: { readonly left: number; readonly total: number; readonly renewsAt: TimeMs | null } | 'none' | null;
  } | null;
  readonly asked: readonly OutsideAsked[];
  /** A payment is under way. */
  readonly busy: boolean;
  /** Why it could not be asked for its budget, or about a payment. */
  readonly trouble: EngineFailure | null;
};

/** Refused calls reject with the code 'wallet-refused' and facts.reason; then nothing was paid. */
export interface OutsideDoor {
  readonly wallet: Observable<OutsideWallet>;
  /** @param text `nostr+walletconnect://…` @param relays that may be reached */
  connect(text: string, relays: readonly string[]): Promise<void>;
  disconnect(): Promise<void>;
  /** Asks for its budget, and how payments ended that it was asked for. */
  look(): Promise<void>;
  /** @param purpose what is bought: it is paid by one invoice at a time @returns 'asked' where it is not known whether it was paid */
  pay(invoice: string, purpose: string): Promise<OutsideAsked>;
}
