// nginx with WebDAV PUT and sendfile GET: the server of two peers, and the limit of the wire.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../harness/command.ts';
import { startService, type Service } from '../harness/service.ts';
import { freePort } from '../../tests/support/server.ts';
import { absentPrograms, findProgram } from './peer.ts';

export async function absenceOfNginx(): Promise<string | null> {
  const absent = absentPrograms('nginx');
  if (absent !== null) return absent;
  const { stdout } = await runCommand('bash', ['-c', `${findProgram('nginx')} -V 2>&1`]);
  return stdout.includes('http_dav_module') ? null : 'this nginx was built without its dav module';
}

/** Serves and stores `storeFolder`. */
export async function startNginx(folder: string): Promise<Service & { readonly storeFolder: string }> {
  const storeFolder = join(folder, 'store');
  for (const place of [storeFolder, join(folder, 'body')]) mkdirSync(place, { recursive: true });
  const port = await freePort();
  const configFile = join(folder, 'nginx.conf');
  writeFileSync(configFile, configuration(folder, port));
  const args = ['-p', folder, '-e', join(folder, 'error.log'), '-c', configFile];
  const service = await startService(findProgram('nginx') as string, () => args, { logFile: join(folder, 'nginx.log'), port });
  return { ...service, storeFolder, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
}

function configuration(folder: string, port: number): string {
  return `${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes auto;
pid ${join(folder, 'nginx.pid')};
events { worker_connections 2048; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  client_max_body_size 0;
  client_body_buffer_size 1m;
  client_body_temp_path ${join(folder, 'body')};
  proxy_temp_path ${join(folder, 'proxy')};
  fastcgi_temp_path ${join(folder, 'fastcgi')};
  uwsgi_temp_path ${join(folder, 'uwsgi')};
  scgi_temp_path ${join(folder, 'scgi')};
  keepalive_requests 1000000;
  server {
    listen 127.0.0.1:${port} backlog=1024;
    root ${join(folder, 'store')};
    dav_methods PUT DELETE;
    create_full_put_path on;
  }
}
`;
}
