// OpenID providers of different makes, each on a port of its own, with the same client and the same people: nina is in
// the group ops, everybody else in none. Pages of the makes differ; `passBy` goes through them as a person would.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { Running } from './process';
import { freePort } from './servers';
import { startKeycloak } from './keycloak';

const SECRET = 'a secret of the journeys';
const KEYCLOAK = process.env.PORTOLAN_KEYCLOAK ?? join(homedir(), '.cache/portolan/keycloak');

export interface Provider {
  issuer: string;
  /** Signs in there and answers what it asks. */
  passBy(page: Page, name: string, answer?: 'Allow' | 'Refuse'): Promise<void>;
  /** Puts somebody into these groups and no others. */
  setGroups(name: string, groups: string[]): Promise<void>;
  stop(): Promise<void>;
}

export interface Make {
  name: string;
  isThere: boolean;
  /** Starts one that sends browsers back to this address. */
  start(callback: string): Promise<Provider>;
}

/** A server that says its issuer once it is ready, with the same pages of its own. */
async function ownPages(command: string, file: string, callback: string): Promise<Provider> {
  const server = new Running(command, [join(__dirname, file), String(await freePort()), callback]);
  const issuer = (await server.line(/ready: (\S+)/)).match[1];
  return {
    issuer,
    passBy: async (page, name, answer = 'Allow') => {
      await page.getByLabel('Name').fill(name);
      await page.getByRole('button', { name: 'Sign in at Acme' }).click();
      await page.getByRole('button', { name: answer }).click();
    },
    setGroups: async (name, groups) => void (await fetch(`${issuer}/people/${name}`, { method: 'PUT', body: JSON.stringify(groups) })),
    stop: () => server.stop(),
  };
}

/** Two certified ones of different hands, and Keycloak where scripts/keycloak.sh has fetched it. */
export const MAKES: Make[] = [
  { name: 'oidc-provider', isThere: true, start: (callback) => ownPages(process.execPath, 'provider.mjs', callback) },
  { name: 'idpyoidc', isThere: true, start: (callback) => ownPages('python3', 'provider.py', callback) },
  { name: 'Keycloak', isThere: existsSync(join(KEYCLOAK, 'stamp')), start: (callback) => startKeycloak(KEYCLOAK, callback, SECRET) },
];

/** What Portolan is told of a provider in its configuration. */
export function configured({ issuer }: Provider): Record<string, string> {
  const told = { NAME: 'acme', KIND: 'oidc', TITLE: 'Acme', ISSUER: issuer, CLIENT_ID: 'portolan', CLIENT_SECRET: SECRET, ADMIN_GROUPS__0: 'ops' };
  return Object.fromEntries(Object.entries(told).map(([key, value]) => [`PORTOLAN_AUTH__PROVIDERS__0__${key}`, value]));
}
