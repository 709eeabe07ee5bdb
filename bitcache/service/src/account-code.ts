// The account of a person in the books.
import { type AccountCode, AccountsOf } from '@reprise/ledger';

export function accountOf(account: string): AccountCode {
  return new AccountsOf(0).code('account', account);
}
