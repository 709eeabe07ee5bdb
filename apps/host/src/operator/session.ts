// Who is the operator: a browser that gave the token of the settings once. Nothing is kept here: the cookie carries its own end, and a new
// token ends every session.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '@reprise/kit';

export const sessionMs = 8 * 3_600_000;
const name = 'reprise-operator';

export type Session = {
  /** Every form carries it: a page of somebody else's, in the same browser, does not know it. */
  readonly mark: string;
};

export class Sessions {
  readonly #token: string;
  readonly #clock: Clock;

  /** @param token as in the settings, at least 16 characters */
  constructor(token: string, clock: Clock) {
    this.#token = token;
    this.#clock = clock;
  }

  /** @returns a session's Set-Cookie; undefined: that is not the token */
  enter(token: string, isSecure: boolean): string | undefined {
    if (!isSame(token, this.#token)) return undefined;
    const endsAt = String(this.#clock.now() + sessionMs);
    return cookie(`${endsAt}.${this.#sign('session', endsAt)}`, sessionMs / 1_000, isSecure);
  }

  /** @param header the request's Cookie */
  find(header: string | undefined): Session | undefined {
    const value = (header ?? '')
      .split(';')
      .map((pair) => pair.trim())
      .find((pair) => pair.startsWith(`${name}=`))
      ?.slice(name.length + 1);
    const [endsAt = '', signature = ''] = value?.split('.') ?? [];
    if (!/^\d{13}$/.test(endsAt) || Number(endsAt) <= this.#clock.now() || !isSame(signature, this.#sign('session', endsAt)))
      return undefined;
    return { mark: this.#sign('form', endsAt) };
  }

  #sign(what: 'session' | 'form', endsAt: string): string {
    return createHmac('sha256', this.#token).update(`reprise operator ${what} 1\0${endsAt}`).digest('hex');
  }
}

/** What ends the session in this browser. */
export function leave(isSecure: boolean): string {
  return cookie('', 0, isSecure);
}

function cookie(value: string, seconds: number, isSecure: boolean): string {
  return `${name}=${value}; Path=/operator; HttpOnly; SameSite=Strict; Max-Age=${seconds}${isSecure ? '; Secure' : ''}`;
}

/** In a time that tells nothing, of lengths neither. */
export function isSame(said: string, known: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(said), digest(known));
}
