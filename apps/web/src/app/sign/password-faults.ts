// What is weak about a password, by name, so that the meter says what to change. A help for the person; the secret of the account
// code is what keeps a weak one from being guessed at the server. spec/web.md, sign-up.
import { plainOf } from '../order.ts';

export type PasswordFault = 'short' | 'common' | 'repeated' | 'sequence' | 'name' | 'digits';

const lengthMin = 10;
const common =
  'password motdepasse azerty qwerty qwertz iloveyou bonjour soleil doudou marseille chocolat dragon monkey letmein welcome admin football princesse loulou secret summer winter reprise'.split(
    ' ',
  );
const rows = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'azertyuiop', 'qsdfghjklm', 'qwertyuiop', 'asdfghjkl', 'wxcvbn', 'zxcvbnm'];

/** @param names what a guesser would try first: the person's name and sign-in name */
export function passwordFaults(password: string, names: readonly string[]): readonly PasswordFault[] {
  const plain = plainOf(password);
  const faults: PasswordFault[] = [];
  if ([...password].length < lengthMin) faults.push('short');
  if (/^\d+$/.test(plain)) faults.push('digits');
  // A common word and little else.
  if (common.some((word) => plain.includes(word) && plain.length - word.length < 6)) faults.push('common');
  if (/(.)\1{3,}/.test(plain) || /^(.{1,4})\1{2,}$/.test(plain)) faults.push('repeated');
  if (hasSequence(plain)) faults.push('sequence');
  if (names.some((name) => name.length >= 3 && plain.includes(plainOf(name)))) faults.push('name');
  return faults;
}

function hasSequence(plain: string): boolean {
  for (let at = 0; at + 5 <= plain.length; at++) {
    const five = plain.slice(at, at + 5);
    const back = [...five].reverse().join('');
    if (rows.some((row) => row.includes(five) || row.includes(back))) return true;
  }
  return false;
}
