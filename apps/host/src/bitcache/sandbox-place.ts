// Whether the sandbox may be shown under a name by which this server was called: without a public address in the settings, each request
// says what it is. spec/lightning.md "The sandbox".
import { assertSandboxMayRun } from '@reprise/lightning/sandbox';

/** @param called such as `http://localhost:8080` */
export function mayShowSandbox({ production, demo }: { readonly production: boolean; readonly demo: boolean }, called: string): boolean {
  if (!URL.canParse(called)) return false;
  try {
    assertSandboxMayRun({ production, demo, publicUrl: called });
    return true;
  } catch {
    return false;
  }
}
