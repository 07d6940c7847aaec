// The servers of a journey: Portolan on a data folder of its own, and Debian's
// docker-registry, a registry that is none of ours.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Running } from './process';

const BINARY = process.env.PORTOLAN_BINARY ?? resolve(__dirname, '../../target/release/portolan');

/** The administrator of every Portolan here. */
export const ADMIN = { username: 'admin', password: 'correct horse' };

export interface Server {
  /** What clients type in front of a repository's name. */
  host: string;
  url: string;
  /** The cookie of the administrator's session, where there is one: clients need the password then. */
  cookie?: string;
  stop(): Promise<void>;
}

export interface Portolan extends Server {
  process: Running;
  /** Where its data is. */
  folder: string;
}

export interface Upstream extends Server {
  kill(): Promise<void>;
  revive(): Promise<void>;
}

/** Signs in as a browser would; returns the cookie. */
export async function signIn(url: string, { username, password } = ADMIN): Promise<string> {
  const answer = await fetch(`${url}/auth/login`, { method: 'POST', body: new URLSearchParams({ username, password }), redirect: 'manual' });
  const cookie = answer.headers.get('set-cookie')?.split(';')[0];
  if (!cookie) throw new Error(`${username} could not sign in at ${url}: ${answer.status} ${await answer.text()}`);
  return cookie;
}

// Cookies belong to a host whatever its port, so each server has an address of its own on this machine.
function ownAddress(): string {
  const part = () => 1 + Math.floor(Math.random() * 253);
  return `127.${part()}.${part()}.${part()}`;
}

interface Options {
  /** The address of a registry to mount under that prefix. */
  hub?: string;
  refreshS?: number;
  /** More configuration. */
  env?: Record<string, string>;
  /** Whether it begins with an administrator. */
  admin?: boolean;
}

/** Portolan on an empty folder, with an administrator who has signed in. */
export async function startPortolan(options: Options = {}): Promise<Portolan> {
  const folder = await mkdtemp(join(tmpdir(), 'portolan-journey-'));
  const mount = options.hub && {
    PORTOLAN_MOUNTS__0__PREFIX: 'hub',
    PORTOLAN_MOUNTS__0__KIND: 'remote',
    PORTOLAN_MOUNTS__0__URL: options.hub,
    PORTOLAN_MOUNTS__0__REFRESH_S: String(options.refreshS ?? 300),
  };
  const server = new Running(BINARY, ['serve'], {
    PORTOLAN_DATA__DIR: folder,
    PORTOLAN_SERVER__LISTEN: `${ownAddress()}:0`,
    ...(options.admin === false ? {} : { PORTOLAN_ADMIN__USERNAME: ADMIN.username, PORTOLAN_ADMIN__PASSWORD: ADMIN.password }),
    PORTOLAN_SERVER__DRAIN_S: '0',
    PORTOLAN_TELEMETRY__LOG: 'info',
    PORTOLAN_TELEMETRY__LOG_FORMAT: 'json',
    ...mount,
    ...options.env,
  });
  const stop = async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const { match } = await server.line(/ready:\s+(http:\/\/(\S+))/);
    const listens = options.env?.PORTOLAN_SERVER__LISTEN;
    const cookie = options.admin === false ? undefined : await signIn(listens ? `http://${listens}` : match[1]);
    return { url: match[1], host: match[2], cookie, process: server, folder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Debian's docker-registry on an empty folder. */
export async function startUpstream(): Promise<Upstream> {
  const folder = await mkdtemp(join(tmpdir(), 'portolan-upstream-'));
  const host = `127.0.0.1:${await freePort()}`;
  const config = join(folder, 'config.yml');
  await writeFile(config, [
    'version: 0.1',
    'log: {level: error, accesslog: {disabled: true}}',
    `storage: {filesystem: {rootdirectory: ${folder}/data}, delete: {enabled: true}}`,
    `http: {addr: '${host}'}`,
  ].join('\n'));
  const start = async () => {
    const server = new Running('/usr/bin/docker-registry', ['serve', config]);
    await eventually('docker-registry answers', async () => (await fetch(`http://${host}/v2/`)).ok);
    return server;
  };
  let server = await start();
  return {
    host,
    url: `http://${host}`,
    kill: () => server.stop('SIGKILL'),
    revive: async () => void (server = await start()),
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Waits for what other processes do. */
export async function eventually(what: string, holds: () => Promise<boolean>, withinMs = 15_000) {
  const deadline = Date.now() + withinMs;
  while (!(await holds().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
