// Words that stand for bytes, and the list behind them: loaded when somebody reads a kit or asks for a password. spec/accounts.md "Words".
export { checkKit, drawPhrase, suggestWords } from '@reprise/vault/account';
