// The words of the screens, compiled from messages/{fr,en}.json; one function each, so that a page carries only those it uses.
export * as m from './paraglide/messages.js';
