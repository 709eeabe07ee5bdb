// A brand makes a plain value a type of its own: it comes from a parser or not at all.

declare const brand: unique symbol;
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };
