// `reprise sync install`: a unit for the user's own service manager, so that syncing begins with the session. It runs as that user and may
// change nothing of the system. systemd.unit(5), launchd.plist(5).
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Failure } from '@reprise/protocol/formats';
import { parseArguments } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';

type Unit = { readonly file: string; readonly text: string /** What a person runs next. */; readonly next: string };

export async function install(args: readonly string[], { terminal, words }: CommandContext): Promise<number> {
  const { values } = parseArguments(args, { print: { type: 'boolean' } });
  const unit = unitFor(process.platform, terminal.env);
  if (!unit) throw new Failure('usage', { reason: 'sync-install', value: process.platform });
  if (values.print) {
    terminal.print(unit.text.trimEnd());
    return exitCodes.done;
  }
  fs.mkdirSync(path.dirname(unit.file), { recursive: true });
  fs.writeFileSync(unit.file, unit.text, { mode: 0o644 });
  if (values.json) terminal.print(JSON.stringify({ v: 1, file: unit.file, next: unit.next }));
  else terminal.say(`${words.syncInstalled(unit.file, unit.next)}\n`);
  return exitCodes.done;
}

function unitFor(platform: string, env: CommandContext['terminal']['env']): Unit | undefined {
  const program = [process.execPath, process.argv[1] ?? '', 'sync', 'start', '--quiet'];
  const kept = ['XDG_STATE_HOME'].flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
  if (platform === 'linux') {
    const file = path.join(env['XDG_CONFIG_HOME'] || path.join(os.homedir(), '.config'), 'systemd/user/reprise-sync.service');
    return { file, text: systemdUnit(program, kept), next: 'systemctl --user enable --now reprise-sync' };
  }
  if (platform === 'darwin') {
    const file = path.join(os.homedir(), 'Library/LaunchAgents/reprise.sync.plist');
    return { file, text: launchdUnit(program, kept), next: `launchctl load ${file}` };
  }
  return undefined;
}

type Variables = readonly (readonly [string, string | undefined])[];

function systemdUnit(program: readonly string[], variables: Variables): string {
  const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;
  return `[Unit]
Description=Keeps folders equal with a Reprise drive
Documentation=man:systemd.service(5)

[Service]
ExecStart=${program.map(quoted).join(' ')}
${variables.map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}\n`).join('')}Restart=on-failure
RestartSec=10
Nice=5
IOSchedulingClass=idle
NoNewPrivileges=yes
UMask=0077

[Install]
WantedBy=default.target
`;
}

function launchdUnit(program: readonly string[], variables: Variables): string {
  const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const strings = program.map((text) => `    <string>${escaped(text)}</string>`).join('\n');
  const kept = variables.map(([name, value]) => `    <key>${name}</key><string>${escaped(value ?? '')}</string>`).join('\n');
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key><string>reprise.sync</string>
  <key>ProgramArguments</key>
  <array>
${strings}
  </array>
  <key>EnvironmentVariables</key>
  <dict>
${kept}
  </dict>
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
  <key>LowPriorityIO</key><true/>
</dict>
</plist>
`;
}
