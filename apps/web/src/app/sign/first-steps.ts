// Whether this tab is where an account has just been opened: its kit is then the second of three steps. A page that is opened anew does not know.
export const firstSteps = { on: false };
